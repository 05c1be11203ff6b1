import type { AdmissionEffects, ObjectReader } from "@sallyport/admission";
import type { KubeObject } from "@sallyport/kube";

/** How long a conversion may take: kube-apiserver's limit, which no definition can change. */
const timeoutSeconds = 30;

/** `spec.conversion.webhook` of a definition. */
export interface ConversionWebhook {
  readonly clientConfig?: {
    readonly url?: string;
    readonly caBundle?: string;
    readonly service?: {
      readonly namespace?: string;
      readonly name?: string;
      readonly path?: string;
      readonly port?: number;
    };
  };
  readonly conversionReviewVersions?: readonly string[];
}

export interface ConversionEffects {
  readonly uid: string;
  /** Absent where nothing can be called. */
  readonly post: AdmissionEffects["post"];
  readonly reader: ObjectReader;
}

interface Answer {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly response?: {
    readonly uid?: string;
    readonly convertedObjects?: readonly unknown[];
    readonly result?: { readonly status?: string; readonly message?: string };
  } | null;
}

/** Asks a webhook for objects in another version; apiextensions.k8s.io/v1 ConversionReview. Throws an Error that says what failed. */
export async function askConversion(
  objects: readonly KubeObject[],
  desiredAPIVersion: string,
  { clientConfig = {}, conversionReviewVersions = [] }: ConversionWebhook,
  { uid, post, reader }: ConversionEffects,
): Promise<readonly unknown[]> {
  const version = conversionReviewVersions.find((each) => each === "v1" || each === "v1beta1");
  if (version === undefined) throw new Error("no supported conversion review versions");
  if (post === undefined) throw new Error("webhooks cannot be called here");
  const apiVersion = `apiextensions.k8s.io/${version}`;
  const { name, url, serverName } = targetOf(clientConfig, reader);
  const { caBundle } = clientConfig;
  const answer = await post({
    url,
    body: JSON.stringify({ kind: "ConversionReview", apiVersion, request: { uid, desiredAPIVersion, objects } }),
    timeoutMs: timeoutSeconds * 1000,
    ...(serverName === undefined ? {} : { serverName }),
    ...(caBundle ? { caBundle: atob(caBundle) } : {}),
  }).catch((error: unknown) => {
    throw new Error(`Post ${JSON.stringify(name)}: ${(error as Error).message}`);
  });
  if (answer.code !== 200) throw new Error(statusText(answer.code, answer.body));
  return convertedOf(answer.body, apiVersion, uid);
}

/** Where it is, and by which URL messages name it: a service by its name, though its address is asked. */
function targetOf(
  { url, service }: NonNullable<ConversionWebhook["clientConfig"]>,
  reader: ObjectReader,
): { readonly name: string; readonly url: string; readonly serverName?: string } {
  const query = `timeout=${timeoutSeconds}s`;
  if (url !== undefined) {
    const whole = `${url}${url.includes("?") ? "&" : "?"}${query}`;
    return { name: whole, url: whole };
  }
  const { namespace = "", name = "", path = "", port = 443 } = service ?? {};
  const host = `${name}.${namespace}.svc`;
  const rest = `:${port}${path.replace(/^\/?/, "/")}?${query}`;
  const found = reader.get("", "services", namespace, name);
  if (found === undefined) throw new Error(`Post "https://${host}${rest}": service ${JSON.stringify(name)} not found`);
  const { clusterIP = "", externalName } = (found["spec"] ?? {}) as { readonly [field: string]: string | undefined };
  return { name: `https://${host}${rest}`, url: `https://${externalName ?? clusterIP}${rest}`, serverName: host };
}

/** An answer that is no success: the Status in it, or what client-go makes of a plain one. */
function statusText(code: number, body: string): string {
  try {
    const status = JSON.parse(body) as { readonly kind?: string; readonly message?: string };
    if (status.kind === "Status" && status.message) return status.message;
  } catch {
    // said below, by its code
  }
  if (code === 404) return "the server could not find the requested resource";
  if (code >= 500)
    return `an error on the server (${JSON.stringify(body.trim().slice(0, 2048))}) has prevented the request from succeeding`;
  return `the server responded with the status code ${code} but did not return more information`;
}

function convertedOf(body: string, apiVersion: string, uid: string): readonly unknown[] {
  let answer: Answer;
  try {
    answer = JSON.parse(body) as Answer;
  } catch (error) {
    throw new Error(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
  const [group = "", version = ""] = (answer.apiVersion ?? "/").split("/");
  if (answer.kind !== "ConversionReview" || answer.apiVersion !== apiVersion)
    throw new Error(
      `expected webhook response of ${apiVersion}, Kind=ConversionReview, got ${group}/${version}, Kind=${answer.kind ?? ""}`,
    );
  const { response } = answer;
  if (response === undefined || response === null) throw new Error("no response provided");
  if (apiVersion.endsWith("/v1") && response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`);
  const { status = "", message = "" } = response.result ?? {};
  if (status !== "Success")
    throw new Error(message === "" ? `response.result.status was '${status}', not 'Success'` : message);
  return response.convertedObjects ?? [];
}

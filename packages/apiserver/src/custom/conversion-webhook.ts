import { type AdmissionEffects, type ClientConfig, type ObjectReader, postReview } from "@sallyport/admission";
import type { KubeObject } from "@sallyport/kube";

/** How long a conversion may take: kube-apiserver's limit, which no definition can change. */
const timeoutSeconds = 30;

/** `spec.conversion.webhook` of a definition. */
export interface ConversionWebhook {
  readonly clientConfig?: ClientConfig;
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

/** An answer that is no review, or says that nothing was converted. */
export class MalformedReview extends Error {}

/** Asks a webhook for objects in another version; apiextensions.k8s.io/v1 ConversionReview. Throws an Error that says what failed. */
export async function askConversion(
  objects: readonly KubeObject[],
  desiredAPIVersion: string,
  { clientConfig = {}, conversionReviewVersions = [] }: ConversionWebhook,
  { uid, post, reader }: ConversionEffects,
): Promise<readonly unknown[]> {
  const version = conversionReviewVersions.find((each) => each === "v1" || each === "v1beta1");
  if (version === undefined) throw new Error("no supported conversion review versions");
  const apiVersion = `apiextensions.k8s.io/${version}`;
  const review = { kind: "ConversionReview", apiVersion, request: { uid, desiredAPIVersion, objects } };
  const body = await postReview(review, { clientConfig, timeoutSeconds, reader, post });
  return convertedOf(body, apiVersion, uid);
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
    throw new MalformedReview(
      `expected webhook response of ${apiVersion}, Kind=ConversionReview, got ${group}/${version}, Kind=${answer.kind ?? ""}`,
    );
  const { response } = answer;
  if (response === undefined || response === null) throw new MalformedReview("no response provided");
  if (apiVersion.endsWith("/v1") && response.uid !== uid)
    throw new MalformedReview(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`,
    );
  const { status = "", message = "" } = response.result ?? {};
  if (status !== "Success")
    throw new MalformedReview(message === "" ? `response.result.status was '${status}', not 'Success'` : message);
  return response.convertedObjects ?? [];
}

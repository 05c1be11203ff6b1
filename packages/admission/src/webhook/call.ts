import type { Request } from "../request.ts";
import { type ReviewResponse, review } from "../review.ts";
import type { AdmissionEffects, Snapshot } from "../snapshot.ts";
import type { Webhook } from "./configuration.ts";

/** What kube-apiserver waits when the webhook does not say. */
const defaultTimeoutSeconds = 10;

/** A call that brought no usable answer; the failurePolicy decides what that means. */
export class CallError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CallError";
  }
}

/** Sends a review of a request, as the webhook sees it, and reads the answer; `original` is what was asked of us. Throws `CallError`. */
export async function callWebhook(
  webhook: Webhook,
  request: Request,
  snapshot: Snapshot,
  effects: AdmissionEffects,
  original: Request = request,
): Promise<ReviewResponse> {
  const version = (webhook.admissionReviewVersions ?? ["v1"]).find((each) => each === "v1" || each === "v1beta1");
  if (version === undefined)
    throw new CallError("webhook does not accept known AdmissionReview versions (v1, v1beta1)");
  if (effects.post === undefined) throw new CallError("webhooks cannot be called here");
  const timeout = webhook.timeoutSeconds ?? defaultTimeoutSeconds;
  const { url, serverName } = targetOf(webhook, snapshot, timeout);
  const ca = webhook.clientConfig.caBundle;
  const answer = await effects
    .post({
      url,
      body: JSON.stringify(review(request, version as "v1" | "v1beta1", original)),
      timeoutMs: timeout * 1000,
      ...(serverName === undefined ? {} : { serverName }),
      ...(ca === undefined || ca === "" ? {} : { caBundle: atob(ca) }),
    })
    .catch((error: unknown) => {
      throw new CallError(`failed to call webhook: Post ${JSON.stringify(url)}: ${(error as Error).message}`);
    });
  if (answer.code !== 200)
    throw new CallError(
      `failed to call webhook: an error on the server (${JSON.stringify(answer.body.slice(0, 200))}) has prevented the request from succeeding`,
    );
  return readAnswer(answer.body, request.uid, version);
}

/** A service is reached by its cluster IP, but its certificate must be of `NAME.NAMESPACE.svc`. */
function targetOf(
  { clientConfig }: Webhook,
  snapshot: Snapshot,
  timeout: number,
): { url: string; serverName?: string } {
  const suffix = `timeout=${timeout}s`;
  if (clientConfig.url !== undefined)
    return { url: `${clientConfig.url}${clientConfig.url.includes("?") ? "&" : "?"}${suffix}` };
  const service = clientConfig.service;
  if (service === undefined) throw new CallError("webhook has neither url nor service");
  const found = snapshot.objects.get("", "services", service.namespace, service.name);
  if (found === undefined)
    throw new CallError(`failed to call webhook: service ${JSON.stringify(service.name)} not found`);
  const spec = (found["spec"] ?? {}) as { readonly clusterIP?: string; readonly externalName?: string };
  const host = spec.externalName ?? spec.clusterIP ?? "";
  const path = (service.path ?? "").replace(/^\/?/, "/");
  return {
    url: `https://${host}:${service.port ?? 443}${path}?${suffix}`,
    serverName: `${service.name}.${service.namespace}.svc`,
  };
}

function readAnswer(body: string, uid: string, version: string): ReviewResponse {
  let answer: { readonly kind?: string; readonly apiVersion?: string; readonly response?: ReviewResponse };
  try {
    answer = JSON.parse(body) as typeof answer;
  } catch (error) {
    throw new CallError(
      `failed to call webhook: couldn't get version/kind; json parse error: ${(error as Error).message}`,
    );
  }
  const { response } = answer;
  const wanted = `admission.k8s.io/${version}`;
  if (answer.kind !== "AdmissionReview" || (version === "v1" && answer.apiVersion !== wanted)) {
    throw new CallError(
      `received invalid webhook response: expected webhook response of ${wanted}, Kind=AdmissionReview, got ${answer.apiVersion ?? ""}, Kind=${answer.kind ?? ""}`,
    );
  }
  if (response === undefined || response === null)
    throw new CallError("received invalid webhook response: webhook response was absent");
  if (version === "v1" && response.uid !== uid)
    throw new CallError(
      `received invalid webhook response: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`,
    );
  return response;
}

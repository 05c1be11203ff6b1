import { internalError, StatusError, type StatusReason } from "@sallyport/kube";
import type { Reason } from "../decision.ts";
import { asSeenBy, type Match } from "../match.ts";
import type { RejectionError } from "../observer.ts";
import type { Annotations, PluginContext } from "../plugin.ts";
import { type ReviewResponse, review } from "../review.ts";
import type { StaticConfigurations, WebhookCredentials } from "../static-configurations.ts";
import { CallError } from "./call-error.ts";
import type { Webhook } from "./configuration.ts";
import { postReview } from "./post.ts";
import { type ReviewVersion, readReviewAnswer } from "./review-answer.ts";

/** What a webhook's answer comes to. */
export interface Answer {
  readonly refusal?: StatusError;
  readonly reasons: readonly Reason[];
  readonly warnings: readonly string[];
  readonly annotations: Annotations;
  /** The call failed, and the failurePolicy is Ignore: why. */
  readonly failedOpen?: string;
  /** Of a mutating webhook: base64 of a patch, and of which type it is. */
  readonly patch?: { readonly text: string; readonly type: string };
  /** HTTP status that the call counts as; 0 of a fault of the server. */
  readonly code: number;
  /** Whether what is refused is refused by the webhook's word. */
  readonly error: RejectionError;
}

const nothing: Answer = { reasons: [], warnings: [], annotations: {}, code: 200, error: "no_error" };

/** kube-apiserver's, where a webhook does not say. */
const defaultTimeoutSeconds = 10;

/** The plugin that calls, and what it shows. */
export interface Caller {
  readonly isMutating: boolean;
  readonly credentialsFor: (server: string) => WebhookCredentials;
}

/** What a plugin shows to webhooks, as the server's files have it. */
export function callerOf(plugin: string, isMutating: boolean, statics: StaticConfigurations): Caller {
  return { isMutating, credentialsFor: (server) => statics.credentialsFor?.(plugin, server) ?? {} };
}

/** Calls a webhook; never rejects: what goes wrong is a refusal, or is passed over where the failurePolicy is Ignore. */
export async function askWebhook(
  webhook: Webhook,
  match: Match,
  context: PluginContext,
  caller: Caller,
): Promise<Answer> {
  const { sideEffects } = webhook;
  if (context.request.dryRun && sideEffects !== "None" && sideEffects !== "NoneOnDryRun") {
    const why = `admission webhook ${JSON.stringify(webhook.name)} does not support dry run`;
    return { ...nothing, ...serverFault, refusal: new StatusError("BadRequest", why) };
  }
  try {
    return answerOf(webhook, await call(webhook, match, context, caller));
  } catch (error) {
    if (error instanceof CallError) return failed(webhook, error);
    throw error;
  }
}

/** What is refused for the server's own reasons counts as this. */
export const serverFault = { code: 0, error: "apiserver_internal_error" } as const;

/** What a call that failed comes to. */
export function failed({ name, failurePolicy }: Webhook, { message: why, code }: CallError): Answer {
  const message = `failed calling webhook ${JSON.stringify(name)}: ${why}`;
  const call = { ...nothing, code, error: "calling_webhook_error" } as const;
  if (failurePolicy === "Ignore") return { ...call, failedOpen: message };
  const reason = { code: "webhook-failed", message, fieldPath: "", source: { policy: name } };
  return { ...call, refusal: internalError(message), reasons: [reason] };
}

/** Tells metrics of a call that began at so many microseconds. */
export function tellCalled(
  { name }: Webhook,
  { code, error, refusal, failedOpen }: Pick<Answer, "code" | "error" | "refusal" | "failedOpen">,
  { request, effects }: PluginContext,
  { isMutating, start }: { readonly isMutating: boolean; readonly start: number },
): void {
  effects.observer?.webhookCalled({
    name,
    type: isMutating ? "admit" : "validating",
    operation: request.operation,
    seconds: (effects.ticks() - start) / 1e6,
    code,
    rejection: refusal === undefined ? undefined : error,
    failedOpen: failedOpen !== undefined,
  });
}

async function call(
  { admissionReviewVersions = ["v1"], clientConfig, timeoutSeconds = defaultTimeoutSeconds }: Webhook,
  match: Match,
  { request, snapshot, effects }: PluginContext,
  { isMutating, credentialsFor }: Caller,
): Promise<ReviewResponse> {
  const version = admissionReviewVersions.find((each): each is ReviewVersion => each === "v1" || each === "v1beta1");
  if (version === undefined)
    throw new CallError(
      "could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)",
      400,
    );
  // Each call has a uid of its own.
  const uid = uuidFrom(effects.randomBytes(16));
  const asked = review({ ...asSeenBy(match, request), uid }, version, request);
  const options = { clientConfig, timeoutSeconds, reader: snapshot.objects, post: effects.post, credentialsFor };
  let body: string;
  try {
    body = await postReview(asked, options);
  } catch (error) {
    throw error instanceof CallError ? new CallError(`failed to call webhook: ${error.message}`, error.code) : error;
  }
  return readReviewAnswer(body, { version, uid, isMutating });
}

/** RFC 9562 version 4. */
function uuidFrom(random: Uint8Array): string {
  const bytes = Uint8Array.from(random);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function answerOf(webhook: Webhook, response: ReviewResponse): Answer {
  const { auditAnnotations = {}, warnings = [], patch, patchType = "" } = response;
  const annotations = Object.entries(auditAnnotations)
    .filter(([key]) => isAnnotationName(key))
    .map(([key, value]) => [`${webhook.name}/${key}`, value]);
  const answer = { ...nothing, warnings, annotations: Object.fromEntries(annotations) };
  if (response.allowed !== true) return { ...answer, ...denial(webhook, response) };
  return patch ? { ...answer, patch: { text: patch, type: patchType } } : answer;
}

/** The name of a qualified name, after the prefix and its slash: others are not written to the audit log. */
function isAnnotationName(key: string): boolean {
  return key.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(key);
}

/** The webhook's Status is the answer's, but for its message; never one of success. */
function denial(webhook: Webhook, { status = {} }: ReviewResponse): Pick<Answer, "refusal" | "reasons" | "code"> {
  const said = status.message || status.reason;
  const denied = `admission webhook ${JSON.stringify(webhook.name)} denied the request`;
  const code = status.code === undefined || status.code < 400 ? 400 : status.code;
  const text = said ? `${denied}: ${said}` : `${denied} without explanation`;
  const reason = {
    code: "webhook-denied",
    message: said || "without explanation",
    fieldPath: "",
    source: { policy: webhook.name },
  };
  const refusal = new StatusError(
    (status.reason || undefined) as StatusReason | undefined,
    text,
    status.details,
    code,
    status.metadata,
  );
  return { refusal, reasons: [reason], code };
}

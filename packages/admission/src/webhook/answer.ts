import { internalError, StatusError } from "@sallyport/kube";
import type { Reason } from "../decision.ts";
import { asSeenBy, type Match } from "../match.ts";
import type { Annotations, PluginContext } from "../plugin.ts";
import type { ReviewResponse } from "../review.ts";
import { CallError, callWebhook } from "./call.ts";
import type { Webhook } from "./configuration.ts";

/** What a webhook's answer comes to. */
export interface Answer {
  readonly refusal?: StatusError;
  readonly reasons: readonly Reason[];
  readonly warnings: readonly string[];
  readonly annotations: Annotations;
  /** The call failed, and the failurePolicy is Ignore: why. */
  readonly failedOpen?: string;
  readonly patch?: string;
}

/** Calls a webhook; never rejects: what goes wrong is a refusal, or is passed over where the failurePolicy is Ignore. */
export async function askWebhook(webhook: Webhook, match: Match, context: PluginContext): Promise<Answer> {
  const { request, snapshot, effects } = context;
  const name = JSON.stringify(webhook.name);
  if (request.dryRun && webhook.sideEffects !== "None" && webhook.sideEffects !== "NoneOnDryRun")
    return refusing(new StatusError("BadRequest", `admission webhook ${name} does not support dry run`));
  try {
    const response = await callWebhook(webhook, asSeenBy(match, request), snapshot, effects, request);
    return answerOf(webhook, response);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    const message = `failed calling webhook ${name}: ${error.message}`;
    if (webhook.failurePolicy === "Ignore") return { ...nothing, failedOpen: message };
    return {
      ...refusing(internalError(message)),
      reasons: [{ code: "webhook-failed", message, fieldPath: "", source: { policy: webhook.name } }],
    };
  }
}

const nothing: Answer = { reasons: [], warnings: [], annotations: {} };

function refusing(refusal: StatusError): Answer {
  return { ...nothing, refusal };
}

function answerOf(webhook: Webhook, response: ReviewResponse): Answer {
  const annotations = Object.fromEntries(
    Object.entries(response.auditAnnotations ?? {}).map(([key, value]) => [`${webhook.name}/${key}`, value]),
  );
  const answer = { ...nothing, warnings: response.warnings ?? [], annotations };
  if (response.allowed !== true) return { ...answer, ...denial(webhook, response) };
  const { patch, patchType } = response;
  if (patch === undefined || patch === null || patch === "") return answer;
  if (patchType !== undefined && patchType !== "JSONPatch")
    throw new CallError(`received invalid webhook response: invalid response.patchType=${patchType}`);
  return { ...answer, patch: String(patch) };
}

function denial(webhook: Webhook, { status = {} }: ReviewResponse): Pick<Answer, "refusal" | "reasons"> {
  const said = status.message ?? status.reason;
  const denied = `admission webhook ${JSON.stringify(webhook.name)} denied the request`;
  const code = status.code === undefined || status.code < 400 ? 403 : status.code;
  const text = said === undefined ? `${denied} without explanation` : `${denied}: ${said}`;
  const reason = {
    code: "webhook-denied",
    message: said ?? "without explanation",
    fieldPath: "",
    source: { policy: webhook.name },
  };
  return { refusal: new StatusError("Forbidden", text, undefined, code), reasons: [reason] };
}

import { applyJsonPatch, type KubeObject, StatusError } from "@sallyport/kube";
import type { Reason } from "../decision.ts";
import type { Annotations, Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { skip } from "../refusals.ts";
import { type Request, withObject } from "../request.ts";
import { decodePatch, type ReviewResponse } from "../review.ts";
import { callWebhook } from "../webhook/call.ts";
import { isExcluded, mismatch, type Webhook, webhooksOf } from "../webhook/configuration.ts";

/**
 * MutatingAdmissionWebhook: calls the matching webhooks one after another, each seeing what the one before left; those with
 * reinvocationPolicy IfNeeded once more when a later one changed the object.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
export const mutatingAdmissionWebhook: Plugin = {
  name: "MutatingAdmissionWebhook",
  operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  mutate,
};

/** ValidatingAdmissionWebhook: calls all matching webhooks at once; any refusal refuses. */
export const validatingAdmissionWebhook: Plugin = {
  name: "ValidatingAdmissionWebhook",
  operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
  validate,
};

interface Outcome {
  readonly refusal?: StatusError;
  readonly reasons: readonly Reason[];
  readonly warnings: readonly string[];
  readonly annotations: Annotations;
  readonly object: KubeObject | null;
}

function matching(
  context: PluginContext,
  resource: "mutatingwebhookconfigurations" | "validatingwebhookconfigurations",
): readonly Webhook[] {
  if (isExcluded(context.request)) return [];
  return webhooksOf(context.snapshot, resource)
    .map(({ webhook }) => webhook)
    .filter((webhook) => mismatch(webhook, context.request, context.snapshot) === undefined);
}

async function mutate(context: PluginContext): Promise<PluginResult> {
  const webhooks = matching(context, "mutatingwebhookconfigurations");
  if (webhooks.length === 0) return skip("no webhook matches");
  const state: State = { request: context.request, warnings: [], annotations: {} };
  const changed: string[] = [];
  const again = new Set<Webhook>();
  for (const webhook of webhooks) {
    const before = state.request.object;
    const refusal = await step(webhook, context, state);
    if (refusal !== undefined) return refusal;
    if (state.request.object === before) continue;
    changed.push(webhook.name);
    for (const earlier of webhooks.slice(0, webhooks.indexOf(webhook)))
      if (earlier.reinvocationPolicy === "IfNeeded") again.add(earlier);
  }
  for (const webhook of again) {
    const refusal = await step(webhook, context, state);
    if (refusal !== undefined) return refusal;
  }
  const shared = { warnings: state.warnings, auditAnnotations: state.annotations };
  if (state.request.object === context.request.object || state.request.object === null)
    return { outcome: "admitted", why: `${webhooks.length} called`, ...shared };
  return {
    outcome: "mutated",
    why: `changed by ${[...new Set(changed)].join(", ")}`,
    object: state.request.object,
    ...shared,
  };
}

interface State {
  request: Request;
  warnings: readonly string[];
  annotations: Annotations;
}

async function step(webhook: Webhook, context: PluginContext, state: State): Promise<PluginResult | undefined> {
  const outcome = await call(webhook, { ...context, request: state.request }, true);
  state.warnings = [...state.warnings, ...outcome.warnings];
  state.annotations = { ...state.annotations, ...outcome.annotations };
  if (outcome.refusal !== undefined) return refused(outcome);
  state.request = withObject(state.request, outcome.object);
  return undefined;
}

async function validate(context: PluginContext): Promise<PluginResult> {
  const webhooks = matching(context, "validatingwebhookconfigurations");
  if (webhooks.length === 0) return skip("no webhook matches");
  const outcomes = await Promise.all(webhooks.map((webhook) => call(webhook, context, false)));
  const warnings = outcomes.flatMap((each) => each.warnings);
  const auditAnnotations = Object.assign({}, ...outcomes.map((each) => each.annotations)) as Annotations;
  const refusal = outcomes.find((each) => each.refusal !== undefined);
  return refusal === undefined
    ? { outcome: "admitted", why: `${webhooks.length} called`, warnings, auditAnnotations }
    : { ...refused(refusal), warnings, auditAnnotations };
}

function refused({ refusal, reasons, warnings, annotations }: Outcome): PluginResult {
  const error = refusal as StatusError;
  return {
    outcome: "denied",
    why: error.message,
    status: error.status,
    reasons,
    warnings,
    auditAnnotations: annotations,
  };
}

async function call(webhook: Webhook, context: PluginContext, mutating: boolean): Promise<Outcome> {
  const { request, snapshot, effects } = context;
  const nothing: Outcome = { reasons: [], warnings: [], annotations: {}, object: request.object };
  try {
    if (request.dryRun && webhook.sideEffects !== "None" && webhook.sideEffects !== "NoneOnDryRun") {
      throw new StatusError("BadRequest", `admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
    }
    const response = await callWebhook(webhook, request, snapshot, effects);
    const warnings = response.warnings ?? [];
    const annotations = Object.fromEntries(
      Object.entries(response.auditAnnotations ?? {}).map(([key, value]) => [`${webhook.name}/${key}`, value]),
    );
    if (response.allowed !== true) return { ...nothing, warnings, annotations, ...denial(webhook, response) };
    const object = mutating && response.patch !== undefined ? patched(request, response) : request.object;
    return { ...nothing, warnings, annotations, object };
  } catch (error) {
    if (error instanceof StatusError) return { ...nothing, refusal: error };
    return failed(webhook, error as Error, nothing);
  }
}

function denial(webhook: Webhook, { status = {} }: ReviewResponse): Pick<Outcome, "refusal" | "reasons"> {
  const said = status.message ?? status.reason;
  const text =
    said === undefined
      ? `admission webhook ${JSON.stringify(webhook.name)} denied the request without explanation`
      : `admission webhook ${JSON.stringify(webhook.name)} denied the request: ${said}`;
  const code = status.code === undefined || status.code < 400 ? 403 : status.code;
  const refusal = new StatusError("Forbidden", text, undefined, code);
  return {
    refusal,
    reasons: [
      {
        code: "webhook-denied",
        message: said ?? "without explanation",
        fieldPath: "",
        source: { policy: webhook.name },
      },
    ],
  };
}

function patched(request: Request, { patch, patchType }: ReviewResponse): KubeObject | null {
  if (patchType !== undefined && patchType !== "JSONPatch") throw new Error(`unsupported patch type ${patchType}`);
  if (request.object === null || patch === null) return request.object;
  return applyJsonPatch(request.object, decodePatch(String(patch))) as unknown as KubeObject;
}

/** Fail closed unless the webhook says Ignore. */
function failed(webhook: Webhook, error: Error, nothing: Outcome): Outcome {
  const message = `failed calling webhook ${JSON.stringify(webhook.name)}: ${error.message}`;
  if (webhook.failurePolicy === "Ignore") {
    return { ...nothing, annotations: { [`failed-open.webhook.admission.k8s.io/${webhook.name}`]: message } };
  }
  const refusal = new StatusError("InternalError", `Internal error occurred: ${message}`);
  return {
    ...nothing,
    refusal,
    reasons: [{ code: "webhook-failed", message, fieldPath: "", source: { policy: webhook.name } }],
  };
}

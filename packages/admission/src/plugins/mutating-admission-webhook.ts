import {
  apiVersionOf,
  applyDefaults,
  convertBuiltin,
  internalError,
  type KubeObject,
  patchJson,
} from "@sallyport/kube";
import { asSeenBy } from "../match.ts";
import type { Annotations, Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { skip } from "../refusals.ts";
import { type Request, withObject } from "../request.ts";
import { decodePatch } from "../review.ts";
import { noStaticConfigurations, type StaticConfigurations } from "../static-configurations.ts";
import { type Answer, askWebhook } from "../webhook/answer.ts";
import { type PlacedWebhook, webhooksFor } from "../webhook/configuration.ts";
import { type Selected, selectWebhooks } from "../webhook/select.ts";

const name = "MutatingAdmissionWebhook";
const mutationPrefix = "mutation.webhook.admission.k8s.io/";

/**
 * MutatingAdmissionWebhook: calls matching webhooks one after the other, each seeing what those before it changed; those that want it
 * (`reinvocationPolicy: IfNeeded`) once more when somebody changed the object after them.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
export function createMutatingAdmissionWebhook(statics: StaticConfigurations = noStaticConfigurations): Plugin {
  return {
    name,
    operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    mutate: (context) => mutate(context, statics),
  };
}

interface State {
  request: Request;
  warnings: readonly string[];
  annotations: Annotations;
  readonly changedBy: string[];
}

const none = skip("no webhook matches");

function mutate(context: PluginContext, statics: StaticConfigurations): PluginResult | Promise<PluginResult> {
  const webhooks = webhooksFor(context, "mutatingwebhookconfigurations", statics);
  return webhooks.length === 0 ? none : callAll(webhooks, context);
}

async function callAll(webhooks: readonly PlacedWebhook[], context: PluginContext): Promise<PluginResult> {
  const { reinvocation } = context;
  const callers = reinvocation.callersOf(name);
  const state: State = { request: context.request, warnings: [], annotations: {}, changedBy: [] };
  const selected = await selectWebhooks(context, webhooks);
  if (reinvocation.isReinvoke) callers.begin(context.request.object);
  let count = 0;
  for (const each of selected) {
    const key = `${each.configuration}/${each.webhook.name}`;
    if (reinvocation.isReinvoke && !callers.isCalledAgain(key)) continue;
    count++;
    const before = state.request.object;
    const refusal = await step(each, { ...context, request: state.request }, state);
    if (refusal !== undefined) return refusal;
    if (state.request.object !== before) {
      callers.changed();
      reinvocation.isWanted = true;
    }
    if (each.webhook.reinvocationPolicy === "IfNeeded") callers.called(key);
  }
  callers.end(state.request.object);
  return count === 0 ? none : resultOf(context, state, count);
}

function resultOf(context: PluginContext, state: State, count: number): PluginResult {
  const { warnings, annotations: auditAnnotations } = state;
  const { object } = state.request;
  if (object === context.request.object || object === null)
    return { outcome: "admitted", why: `${count} called`, warnings, auditAnnotations };
  return { outcome: "mutated", why: `changed by ${state.changedBy.join(", ")}`, object, warnings, auditAnnotations };
}

async function step(selected: Selected, context: PluginContext, state: State): Promise<PluginResult | undefined> {
  const { webhook, match } = selected;
  const answer = await askWebhook(webhook, match, context);
  const patched = patchedBy(answer, selected, context.request);
  const isMutated = patched !== undefined && patched !== context.request.object;
  state.warnings = [...state.warnings, ...answer.warnings];
  state.annotations = { ...state.annotations, ...answer.annotations, ...told(answer, selected, context, isMutated) };
  if (answer.refusal !== undefined) {
    const { message, status } = answer.refusal;
    const { warnings, annotations: auditAnnotations } = state;
    return { outcome: "denied", why: message, status, reasons: answer.reasons, warnings, auditAnnotations };
  }
  if (!isMutated) return undefined;
  state.changedBy.push(webhook.name);
  state.request = withObject(state.request, patched);
  return undefined;
}

/** What upstream writes to the audit log about each call. */
function told(
  { refusal, failedOpen }: Answer,
  { configuration, webhook, index }: Selected,
  { reinvocation }: PluginContext,
  mutated: boolean,
): Annotations {
  if (refusal !== undefined) return {};
  const key = `round_${reinvocation.isReinvoke ? 1 : 0}_index_${index}`;
  const mutation = { [mutationPrefix + key]: JSON.stringify({ configuration, webhook: webhook.name, mutated }) };
  return failedOpen === undefined ? mutation : { ...mutation, [`failed-open.${mutationPrefix}${key}`]: webhook.name };
}

/** The object with the answer's patch and the defaults of what it added, in the request's own version. Throws what makes no object. */
function patchedBy({ patch }: Answer, { match }: Selected, request: Request): KubeObject | undefined {
  if (patch === undefined || request.object === null) return undefined;
  const seen = asSeenBy(match, request);
  try {
    const patched = patchJson(seen.object as KubeObject, decodePatch(patch)) as unknown as KubeObject;
    if (typeof patched?.kind !== "string" || typeof patched.metadata !== "object")
      throw new Error("the patch leaves no object");
    return applyDefaults(convertBuiltin(patched, apiVersionOf(request.kind)));
  } catch (error) {
    throw internalError((error as Error).message);
  }
}

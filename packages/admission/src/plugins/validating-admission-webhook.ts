import type { StatusError } from "@sallyport/kube";
import { Authorizations } from "../cel/authorizations.ts";
import type { Match } from "../match.ts";
import type { Annotations, Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { skip } from "../refusals.ts";
import { noStaticConfigurations, type StaticConfigurations } from "../static-configurations.ts";
import { type Answer, askWebhook, type Caller, callerOf, tellCalled } from "../webhook/answer.ts";
import { type PlacedWebhook, type Webhook, webhooksFor } from "../webhook/configuration.ts";
import { matchWebhook } from "../webhook/select.ts";

const name = "ValidatingAdmissionWebhook";
const failedOpenPrefix = "failed-open.validating.webhook.admission.k8s.io/";

/**
 * ValidatingAdmissionWebhook: calls all matching webhooks at once; any refusal refuses, the first one in order is told.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
export function createValidatingAdmissionWebhook(statics: StaticConfigurations = noStaticConfigurations): Plugin {
  return {
    name,
    operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    validate: (context) => validate(context, statics),
  };
}

const none = skip("no webhook matches");

function validate(context: PluginContext, statics: StaticConfigurations): PluginResult | Promise<PluginResult> {
  const webhooks = webhooksFor(context, "validatingwebhookconfigurations", statics);
  return webhooks.length === 0 ? none : callAll(webhooks, context, callerOf(name, false, statics));
}

async function callAll(
  webhooks: readonly PlacedWebhook[],
  context: PluginContext,
  caller: Caller,
): Promise<PluginResult> {
  const selected = await selectWebhooks(webhooks, context);
  if (selected.length === 0) return none;
  const answers = await Promise.all(selected.map((each) => askSelected(each, context, caller)));
  const warnings = answers.flatMap((each) => each.warnings);
  const auditAnnotations: Annotations = Object.assign({}, ...answers.map(annotationsOf(selected)));
  const refused = answers.find((each) => each.refusal !== undefined);
  if (refused === undefined)
    return { outcome: "admitted", why: `${selected.length} called`, warnings, auditAnnotations };
  const error = refused.refusal as StatusError;
  const { reasons } = refused;
  return { outcome: "denied", why: error.message, status: error.status, reasons, warnings, auditAnnotations };
}

async function askSelected({ webhook, match }: Selected, context: PluginContext, caller: Caller): Promise<Answer> {
  const start = context.effects.ticks();
  const answer = await askWebhook(webhook, match, context, caller);
  tellCalled(webhook, answer, context, { isMutating: false, start });
  return answer;
}

interface Selected {
  readonly webhook: Webhook;
  readonly match: Match;
}

async function selectWebhooks(
  webhooks: readonly PlacedWebhook[],
  context: PluginContext,
): Promise<readonly Selected[]> {
  const authorizations = new Authorizations(context.snapshot.authorizer, context.request);
  const selected: Selected[] = [];
  for (const { webhook } of webhooks) {
    const match = await matchWebhook(webhook, context, authorizations, "validating");
    if (match !== undefined) selected.push({ webhook, match });
  }
  return selected;
}

/** Webhooks are counted among those that are called. */
function annotationsOf(selected: readonly Selected[]): (answer: Answer, at: number) => Annotations {
  return ({ annotations, failedOpen }, at) =>
    failedOpen === undefined
      ? annotations
      : { ...annotations, [`${failedOpenPrefix}round_0_index_${at}`]: (selected[at] as Selected).webhook.name };
}

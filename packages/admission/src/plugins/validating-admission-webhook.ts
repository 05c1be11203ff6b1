import type { StatusError } from "@sallyport/kube";
import type { Annotations, Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { skip } from "../refusals.ts";
import { noStaticConfigurations, type StaticConfigurations } from "../static-configurations.ts";
import { type Answer, askWebhook } from "../webhook/answer.ts";
import { type PlacedWebhook, webhooksFor } from "../webhook/configuration.ts";
import { type Selected, selectWebhooks } from "../webhook/select.ts";

const failedOpenPrefix = "failed-open.validating.webhook.admission.k8s.io/";

/**
 * ValidatingAdmissionWebhook: calls all matching webhooks at once; any refusal refuses, the first one in order is told.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
export function createValidatingAdmissionWebhook(statics: StaticConfigurations = noStaticConfigurations): Plugin {
  return {
    name: "ValidatingAdmissionWebhook",
    operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    validate: (context) => validate(context, statics),
  };
}

const none = skip("no webhook matches");

function validate(context: PluginContext, statics: StaticConfigurations): PluginResult | Promise<PluginResult> {
  const webhooks = webhooksFor(context, "validatingwebhookconfigurations", statics);
  return webhooks.length === 0 ? none : callAll(webhooks, context);
}

async function callAll(webhooks: readonly PlacedWebhook[], context: PluginContext): Promise<PluginResult> {
  const selected = await selectWebhooks(context, webhooks);
  if (selected.length === 0) return none;
  const answers = await Promise.all(selected.map(({ webhook, match }) => askWebhook(webhook, match, context)));
  const warnings = answers.flatMap((each) => each.warnings);
  const auditAnnotations: Annotations = Object.assign({}, ...answers.map(annotationsOf(selected)));
  const refused = answers.find((each) => each.refusal !== undefined);
  if (refused === undefined)
    return { outcome: "admitted", why: `${selected.length} called`, warnings, auditAnnotations };
  const error = refused.refusal as StatusError;
  const { reasons } = refused;
  return { outcome: "denied", why: error.message, status: error.status, reasons, warnings, auditAnnotations };
}

function annotationsOf(selected: readonly Selected[]): (answer: Answer, at: number) => Annotations {
  return ({ annotations, failedOpen }, at) => {
    if (failedOpen === undefined) return annotations;
    const { index, webhook } = selected[at] as Selected;
    return { ...annotations, [`${failedOpenPrefix}round_0_index_${index}`]: webhook.name };
  };
}

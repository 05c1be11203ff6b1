import { type Fields, fill, type KindRules } from "../rules.ts";

export const validatingWebhookConfiguration: KindRules = { defaults: (object) => webhookDefaults(object, false) };
export const mutatingWebhookConfiguration: KindRules = { defaults: (object) => webhookDefaults(object, true) };

function webhookDefaults(object: Fields, mutating: boolean): void {
  for (const webhook of object["webhooks"] ?? []) {
    fill(webhook, {
      failurePolicy: "Fail",
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
      ...(mutating ? { reinvocationPolicy: "Never" } : {}),
    });
    for (const rule of webhook.rules ?? []) rule.scope ??= "*";
    if (webhook.clientConfig?.service !== undefined) webhook.clientConfig.service.port ??= 443;
  }
}

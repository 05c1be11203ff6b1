import type { LabelSelectorObject } from "@sallyport/kube";
import type { MatchCondition } from "../cel/match-conditions.ts";
import type { Rule } from "../match.ts";
import type { Snapshot } from "../snapshot.ts";

/** One webhook of a configuration. admissionregistration.k8s.io/v1 */
export interface Webhook {
  readonly name: string;
  readonly clientConfig: {
    readonly url?: string;
    readonly service?: {
      readonly namespace: string;
      readonly name: string;
      readonly path?: string;
      readonly port?: number;
    };
    readonly caBundle?: string;
  };
  readonly rules?: readonly Rule[];
  readonly failurePolicy?: "Fail" | "Ignore";
  readonly namespaceSelector?: LabelSelectorObject;
  readonly objectSelector?: LabelSelectorObject;
  readonly sideEffects?: string;
  readonly timeoutSeconds?: number;
  readonly admissionReviewVersions?: readonly string[];
  readonly reinvocationPolicy?: "Never" | "IfNeeded";
  readonly matchConditions?: readonly MatchCondition[];
  readonly matchPolicy?: "Exact" | "Equivalent";
}

export type WebhookResource = "mutatingwebhookconfigurations" | "validatingwebhookconfigurations";

const group = "admissionregistration.k8s.io";

/** Whether anybody wants to be called at all: mostly nobody does. */
export function hasWebhooks(snapshot: Snapshot, resource: WebhookResource): boolean {
  return snapshot.objects.list(group, resource).length > 0;
}

/** All webhooks of a kind of configuration, ordered by the configuration's name, as kube-apiserver calls them. */
export function webhooksOf(
  snapshot: Snapshot,
  resource: WebhookResource,
): readonly { readonly webhook: Webhook; readonly configuration: string }[] {
  return [...snapshot.objects.list(group, resource)]
    .sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1))
    .flatMap((each) =>
      ((each["webhooks"] ?? []) as readonly Webhook[]).map((webhook) => ({
        webhook,
        configuration: each.metadata.name ?? "",
      })),
    );
}

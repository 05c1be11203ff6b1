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

/** All webhooks of a kind of configuration, ordered by the configuration's name, as kube-apiserver calls them. */
export function webhooksOf(
  snapshot: Snapshot,
  resource: "mutatingwebhookconfigurations" | "validatingwebhookconfigurations",
): readonly { readonly webhook: Webhook; readonly configuration: string }[] {
  return [...snapshot.objects.list("admissionregistration.k8s.io", resource)]
    .sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1))
    .flatMap((each) =>
      ((each["webhooks"] ?? []) as readonly Webhook[]).map((webhook) => ({
        webhook,
        configuration: each.metadata.name ?? "",
      })),
    );
}

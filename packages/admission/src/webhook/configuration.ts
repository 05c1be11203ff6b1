import type { KubeObject, LabelSelectorObject } from "@sallyport/kube";
import type { MatchCondition } from "../cel/match-conditions.ts";
import { isExempt, isQuestion, type Rule } from "../match.ts";
import type { PluginContext } from "../plugin.ts";
import type { StaticConfigurations } from "../static-configurations.ts";
import type { ClientConfig } from "./target.ts";

/** One webhook of a configuration. admissionregistration.k8s.io/v1 */
export interface Webhook {
  readonly name: string;
  readonly clientConfig: ClientConfig;
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

/** A webhook, and the name of its configuration. */
export interface PlacedWebhook {
  readonly webhook: Webhook;
  readonly configuration: string;
}

const group = "admissionregistration.k8s.io";

/** Whoever may be called about a request: configurations from files, then the API's; of both by name, as kube-apiserver calls them. */
export function webhooksFor(
  { request, snapshot }: PluginContext,
  resource: "mutatingwebhookconfigurations" | "validatingwebhookconfigurations",
  statics: StaticConfigurations,
): readonly PlacedWebhook[] {
  const [ofFiles, ofApi] = [statics.list(resource), snapshot.objects.list(group, resource)];
  // Mostly nobody wants to be called at all.
  if (ofFiles.length + ofApi.length === 0 || isQuestion(request)) return [];
  return [...webhooksOf(ofFiles), ...(isExempt(request) ? [] : webhooksOf(ofApi))];
}

function webhooksOf(configurations: readonly KubeObject[]): readonly PlacedWebhook[] {
  return [...configurations]
    .sort((a, b) => ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1))
    .flatMap((each) =>
      ((each["webhooks"] ?? []) as readonly Webhook[]).map((webhook) => ({
        webhook,
        configuration: each.metadata.name ?? "",
      })),
    );
}

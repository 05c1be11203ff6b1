import type { KubeObject } from "@sallyport/kube";
import { isConstraint } from "../constraint.ts";
import { isExpansionTemplate } from "../expansion/expansion-template.ts";
import { isProvider } from "../external-data/provider.ts";
import { nested } from "../fields.ts";
import { isMutator } from "../mutation/mutators.ts";
import { isTemplate } from "../template/template.ts";

/** Seconds; Gatekeeper's: fine where webhooks should be, up to what an API server waits. */
const bounds: readonly number[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((ms) => ms / 1000),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((cs) => cs / 100),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((ds) => ds / 10),
  ...Array.from({ length: 19 }, (_, i) => 1 + i / 2),
];

interface Answered {
  readonly buckets: number[];
  sum: number;
  count: number;
}

/** One of Gatekeeper's objects that is stored, and whether it is in force. */
export interface StoredPolicy {
  readonly object: KubeObject;
  readonly isActive: boolean;
}

type Webhook = "validation" | "mutation";

const statusLabels: { readonly [webhook in Webhook]: string } = {
  validation: "admission_status",
  mutation: "mutation_status",
};

/** Reviews and policies as Prometheus reads them, by Gatekeeper's names. https://open-policy-agent.github.io/gatekeeper/website/docs/metrics */
export class GatekeeperMetrics {
  readonly #durations: { readonly [webhook in Webhook]: Map<string, Answered> } = {
    validation: new Map(),
    mutation: new Map(),
  };
  readonly #counts: { readonly [webhook in Webhook]: Map<string, number> } = {
    validation: new Map(),
    mutation: new Map(),
  };

  /** A review that was answered; `status` is `allow`, `deny` or `error`, of mutation `success`, `skip` or `error`. */
  answered(webhook: Webhook, status: string, isDryRun: boolean, seconds: number): void {
    const label = `${statusLabels[webhook]}="${status}"`;
    const answered = this.#durations[webhook].get(label) ?? { buckets: bounds.map(() => 0), sum: 0, count: 0 };
    this.#durations[webhook].set(label, answered);
    answered.sum += seconds;
    answered.count++;
    for (const [i, bound] of bounds.entries())
      if (seconds <= bound) answered.buckets[i] = (answered.buckets[i] ?? 0) + 1;
    const labels = webhook === "validation" ? `admission_dryrun="${isDryRun}",${label}` : label;
    this.#counts[webhook].set(labels, (this.#counts[webhook].get(labels) ?? 0) + 1);
  }

  render(stored: Iterable<StoredPolicy>): string {
    const policies = [...stored];
    return [
      ...this.#requests("validation"),
      ...this.#requests("mutation"),
      ...gauge(
        "gatekeeper_constraints",
        "Constraints that are stored.",
        countBy(policies, isConstraint, constraintLabels),
      ),
      ...gauge(
        "gatekeeper_constraint_templates",
        "Templates that are stored.",
        countBy(policies, isTemplate, statusLabel),
      ),
      ...gauge("gatekeeper_mutators", "Mutators that are stored.", countBy(policies, isMutator, statusLabel)),
      ...gauge(
        "gatekeeper_expansion_templates",
        "ExpansionTemplates that are stored.",
        countBy(policies, isExpansionTemplate, statusLabel),
      ),
      ...gauge("gatekeeper_providers", "Providers that are stored.", countBy(policies, isProvider, statusLabel)),
      "",
    ].join("\n");
  }

  #requests(webhook: Webhook): readonly string[] {
    const [count, duration] = ["count_total", "duration_seconds"].map(
      (what) => `gatekeeper_${webhook}_request_${what}`,
    );
    return [
      `# HELP ${count} Reviews that were answered.`,
      `# TYPE ${count} counter`,
      ...[...this.#counts[webhook]].map(([labels, value]) => `${count}{${labels}} ${value}`),
      `# HELP ${duration} Time to the answer.`,
      `# TYPE ${duration} histogram`,
      ...[...this.#durations[webhook]].flatMap(([label, { buckets, sum, count: all }]) => [
        ...bounds.map((bound, i) => `${duration}_bucket{${label},le="${bound}"} ${buckets[i]}`),
        `${duration}_bucket{${label},le="+Inf"} ${all}`,
        `${duration}_sum{${label}} ${sum}`,
        `${duration}_count{${label}} ${all}`,
      ]),
    ];
  }
}

function countBy(
  policies: readonly StoredPolicy[],
  isWanted: (object: KubeObject) => boolean,
  labelsOf: (policy: StoredPolicy) => string,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const each of policies)
    if (isWanted(each.object)) counts.set(labelsOf(each), (counts.get(labelsOf(each)) ?? 0) + 1);
  return counts;
}

function statusLabel({ isActive }: StoredPolicy): string {
  return `status="${isActive ? "active" : "error"}"`;
}

const knownActions: readonly unknown[] = ["deny", "dryrun", "scoped", "warn"];

function constraintLabels(policy: StoredPolicy): string {
  const action = nested(policy.object, "spec", "enforcementAction") ?? "deny";
  return `enforcement_action="${knownActions.includes(action) ? String(action) : "unrecognized"}",${statusLabel(policy)}`;
}

function gauge(name: string, help: string, counts: ReadonlyMap<string, number>): readonly string[] {
  const lines = [...counts].map(([labels, count]) => `${name}{${labels}} ${count}`).sort();
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
}

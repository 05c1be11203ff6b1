import { Counter, Gauge, Histogram, type KubeObject } from "@sallyport/kube";
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

/** One of Gatekeeper's objects that is stored, and whether it is in force. */
export interface StoredPolicy {
  readonly object: KubeObject;
  readonly isActive: boolean;
}

/** Reviews and policies as Prometheus reads them, by Gatekeeper's names. https://open-policy-agent.github.io/gatekeeper/website/docs/metrics */
export class GatekeeperMetrics {
  readonly #validations = answeredCounter("validation", ["admission_dryrun", "admission_status"]);
  readonly #validationSeconds = secondsHistogram("validation", "admission_status");
  readonly #mutations = answeredCounter("mutation", ["mutation_status"]);
  readonly #mutationSeconds = secondsHistogram("mutation", "mutation_status");

  /** A review that was answered; `status` is `allow`, `deny` or `error`, of mutation `success`, `skip` or `error`. */
  answered(webhook: "validation" | "mutation", status: string, isDryRun: boolean, seconds: number): void {
    if (webhook === "validation") {
      this.#validations.add([String(isDryRun), status]);
      this.#validationSeconds.observe([status], seconds);
    } else {
      this.#mutations.add([status]);
      this.#mutationSeconds.observe([status], seconds);
    }
  }

  render(stored: Iterable<StoredPolicy>): string {
    const policies = [...stored];
    const counted = (name: string, what: string, isWanted: (object: KubeObject) => boolean) =>
      gauge(
        name,
        what,
        ["status"],
        policies.filter(({ object }) => isWanted(object)).map((each) => [statusOf(each)]),
      );
    const constraints = policies.filter(({ object }) => isConstraint(object));
    return [
      this.#validations,
      this.#validationSeconds,
      this.#mutations,
      this.#mutationSeconds,
      gauge(
        "constraints",
        "Constraints",
        ["enforcement_action", "status"],
        constraints.map((each) => [actionOf(each), statusOf(each)]),
      ),
      counted("constraint_templates", "Templates", isTemplate),
      counted("mutators", "Mutators", isMutator),
      counted("expansion_templates", "ExpansionTemplates", isExpansionTemplate),
      counted("providers", "Providers", isProvider),
    ]
      .map((metric) => metric.renderAlways())
      .join("");
  }
}

function answeredCounter(webhook: string, labels: readonly string[]): Counter {
  return new Counter(`gatekeeper_${webhook}_request_count_total`, "Reviews that were answered.", labels);
}

function secondsHistogram(webhook: string, label: string): Histogram {
  return new Histogram(`gatekeeper_${webhook}_request_duration_seconds`, "Time to the answer.", [label], bounds);
}

/** How many of each there are now; by their labels. */
function gauge(name: string, what: string, labels: readonly string[], each: readonly (readonly string[])[]): Gauge {
  const made = new Gauge(`gatekeeper_${name}`, `${what} that are stored.`, labels);
  for (const values of each.toSorted((a, b) => (a.join() < b.join() ? -1 : 1))) made.add(values);
  return made;
}

function statusOf({ isActive }: StoredPolicy): string {
  return isActive ? "active" : "error";
}

const knownActions: readonly unknown[] = ["deny", "dryrun", "scoped", "warn"];

function actionOf({ object }: StoredPolicy): string {
  const action = nested(object, "spec", "enforcementAction") ?? "deny";
  return knownActions.includes(action) ? String(action) : "unrecognized";
}

import type { KubeObject } from "@sallyport/kube";
import { parseApiVersion } from "@sallyport/kube";
import type { GatekeeperPolicies } from "../admission/policies.ts";
import type { Constraint } from "../constraint.ts";
import type { Result } from "../framework.ts";
import { isNamespace, type Source } from "../match/match.ts";
import { reviewOfObject } from "../review.ts";

/** One violation that an audit has found. */
export interface AuditViolation {
  readonly constraint: Constraint;
  readonly object: KubeObject;
  readonly message: string;
  /** What the policy tells beside the message. */
  readonly details?: unknown;
  readonly enforcementAction: string;
  /** Of a scoped constraint: what it does at the audit's point. */
  readonly enforcementActions: readonly string[];
}

export interface AuditOptions {
  readonly policies: GatekeeperPolicies;
  /** Violations of each constraint that its status tells; all are counted. Gatekeeper's `--constraint-violations-limit`. */
  readonly violationsLimit: number;
  /** Told of each violation, also beyond the limit, those of one object one after the other: nothing of them is kept here. What takes time is awaited. */
  readonly onViolation?: (violation: AuditViolation) => void | Promise<void>;
}

/** Bytes of a message in a status. Gatekeeper's msgSize. */
const messageBytes = 256;

interface Found {
  total: number;
  readonly kept: AuditViolation[];
}

/** One pass over the objects of a cluster, in any order and in parts: what is kept does not grow with them. https://open-policy-agent.github.io/gatekeeper/website/docs/audit */
export class Audit {
  readonly #options: AuditOptions;
  /** By the constraints' kind and name. */
  readonly #byConstraint = new Map<string, Map<string, Found>>();
  readonly #byAction = new Map<string, number>();
  #reviewed = 0;
  #total = 0;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  /** Objects that were reviewed. */
  get reviewed(): number {
    return this.#reviewed;
  }

  get total(): number {
    return this.#total;
  }

  /** Violations by the constraints' enforcement action. */
  get byAction(): ReadonlyMap<string, number> {
    return this.#byAction;
  }

  /** Reviews an object, and what it implies; `namespace` is the one that it lies in, where that is known. Rejects with an error of one line where it cannot be told. */
  async review(object: KubeObject, namespace: KubeObject | undefined): Promise<void> {
    const { policies } = this.#options;
    const name = isNamespace(object) ? object.metadata.name : object.metadata.namespace;
    if (policies.configuration.isExcluded("audit", name ?? "")) return;
    this.#reviewed++;
    for (const result of await policies.resolve(() => this.#resultsFor(object, namespace))) {
      const told = this.#record(object, result);
      if (told !== undefined) await told;
    }
  }

  #resultsFor(object: KubeObject, namespace: KubeObject | undefined): readonly Result[] {
    const { expansion, mutators } = this.#options.policies;
    const implied = expansion.expand(object, namespace, mutators).flatMap((made) =>
      this.#ask(made.object, namespace, "Generated").map((result) => ({
        ...result,
        msg: `[Implied by ${made.template}] ${result.msg}`,
        enforcementAction: made.enforcementAction || result.enforcementAction,
      })),
    );
    return [...this.#ask(object, namespace, "Original"), ...implied];
  }

  #ask(object: KubeObject, namespace: KubeObject | undefined, source: Source): readonly Result[] {
    const { framework } = this.#options.policies;
    return framework.review(reviewOfObject(object, { namespace, source }), "audit.gatekeeper.sh");
  }

  #record(
    object: KubeObject,
    { constraint, msg, details, enforcementAction, scopedActions }: Result,
  ): Promise<void> | undefined {
    const { violationsLimit, onViolation } = this.#options;
    const violation = {
      constraint,
      object,
      message: msg,
      ...(details === undefined ? {} : { details }),
      enforcementAction,
      enforcementActions: scopedActions,
    };
    this.#total++;
    this.#byAction.set(enforcementAction, (this.#byAction.get(enforcementAction) ?? 0) + 1);
    const found = this.#found(constraint);
    found.total++;
    if (found.kept.length < violationsLimit) found.kept.push(violation);
    return onViolation?.(violation) ?? undefined;
  }

  #found({ kind, name }: Constraint): Found {
    const ofKind = this.#byConstraint.get(kind) ?? new Map<string, Found>();
    const found = ofKind.get(name) ?? { total: 0, kept: [] };
    if (found.total === 0) this.#byConstraint.set(kind, ofKind.set(name, found));
    return found;
  }

  /** The audit's part of a constraint's status; `timestamp` is of the pass's beginning, in RFC 3339. */
  statusOf(kind: string, name: string, timestamp: string): object {
    const { total, kept } = this.#byConstraint.get(kind)?.get(name) ?? { total: 0, kept: [] };
    const violations = kept.map(statusViolation);
    // Null takes away what an earlier pass has found.
    return { auditTimestamp: timestamp, totalViolations: total, violations: total === 0 ? null : violations };
  }
}

function statusViolation({ object, message, enforcementAction, enforcementActions }: AuditViolation): object {
  const { group, version } = parseApiVersion(object.apiVersion);
  const { name = "", namespace } = object.metadata;
  return {
    enforcementAction,
    ...(enforcementActions.length === 0 ? {} : { enforcementActions }),
    group,
    kind: object.kind,
    message: shortened(message),
    name,
    ...(namespace === undefined ? {} : { namespace }),
    version,
  };
}

function shortened(text: string): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= messageBytes) return text;
  return `${new TextDecoder().decode(bytes.subarray(0, messageBytes - 3)).replace(/\uFFFD$/, "")}...`;
}

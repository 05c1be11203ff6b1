import type { KubeObject } from "@sallyport/kube";
import { isConstraint } from "../constraint.ts";
import { isExpansionTemplate } from "../expansion/expansion-template.ts";
import { isProvider } from "../external-data/provider.ts";
import { isMutator } from "../mutation/mutators.ts";
import { isTemplate } from "../template/template.ts";

/** What a process of Gatekeeper does. */
export type Operation =
  | "audit"
  | "generate"
  | "mutation-controller"
  | "mutation-status"
  | "mutation-webhook"
  | "status"
  | "webhook";

export interface StatusContext {
  /** The process's pod. */
  readonly id: string;
  /** Where its statuses lie. */
  readonly namespace: string;
  readonly operations: readonly Operation[];
  /** Why the object is not in force; undefined where it is. */
  readonly fault: string | undefined;
  /** A ValidatingAdmissionPolicy or a binding was made of it. */
  readonly isGenerated?: boolean;
}

/** What one process says of one of Gatekeeper's objects: an object of its own, of which `status.byPod` of the other one is made. */
export interface PodStatus {
  readonly object: KubeObject;
  /** `constrainttemplatepodstatuses`. */
  readonly resource: string;
  /** Those of all processes about the same object. */
  readonly selector: { readonly [label: string]: string };
}

interface Shape {
  readonly kind: string;
  /** Behind the pod in its name. */
  readonly name: readonly string[];
  readonly labels: { readonly [label: string]: string };
  readonly uid: string;
  readonly enforced: boolean;
  /** Whether it is told that it works. */
  readonly active?: boolean;
  readonly errorOf: (message: string) => object;
  /** What is told where a policy or binding was made of it. */
  readonly generated?: (observedGeneration: number) => object;
  /** Of the status' API; v1beta1 when absent. */
  readonly version?: string;
}

const group = "internal.gatekeeper.sh";

/** Undefined for what has no status by pod. status.gatekeeper.sh/v1beta1 */
export function podStatusOf(object: KubeObject, context: StatusContext): PodStatus | undefined {
  const shape = shapeOf(object);
  return shape && statusOf(shape, object, context);
}

/** status.gatekeeper.sh/v1alpha1: what a process that exports to a Connection says of it. */
export function connectionStatusOf(
  object: KubeObject,
  errorType: "UpsertConnection" | "Publish",
  context: StatusContext,
): PodStatus {
  const { namespace = "", name = "" } = object.metadata;
  const shape: Shape = {
    kind: "ConnectionPodStatus",
    version: "v1alpha1",
    name: [namespace, name],
    labels: { [`${group}/connection-name`]: name },
    uid: "connectionUID",
    enforced: false,
    active: true,
    errorOf: (message) => ({ type: errorType, message }),
  };
  return statusOf(shape, object, context);
}

function statusOf(shape: Shape, object: KubeObject, context: StatusContext): PodStatus {
  const { id, namespace, operations, fault, isGenerated = false } = context;
  const observedGeneration = object.metadata.generation ?? 0;
  const status = {
    id,
    [shape.uid]: object.metadata.uid ?? "",
    operations: [...operations].sort(),
    ...(shape.enforced ? { enforced: fault === undefined } : {}),
    ...(shape.active === true ? { active: fault === undefined } : {}),
    ...(fault === undefined ? {} : { errors: [shape.errorOf(fault)] }),
    observedGeneration,
    ...(isGenerated ? shape.generated?.(observedGeneration) : {}),
  };
  const labels = { ...shape.labels, [`${group}/pod`]: id };
  return {
    resource: `${shape.kind.toLowerCase()}es`,
    selector: shape.labels,
    object: {
      apiVersion: `status.gatekeeper.sh/${shape.version ?? "v1beta1"}`,
      kind: shape.kind,
      metadata: { name: packed(id, ...shape.name), namespace, labels },
      status,
    },
  };
}

function shapeOf(object: KubeObject): Shape | undefined {
  const { name = "" } = object.metadata;
  const kind = object.kind.toLowerCase();
  const labelled = (what: string, value: string) => ({ [`${group}/${what}`]: value });
  const plain = { name: [name], enforced: false };
  const coded = (code: string) => (message: string) => ({ code, message });
  if (isTemplate(object))
    return {
      ...plain,
      kind: "ConstraintTemplatePodStatus",
      labels: labelled("constrainttemplate-name", name),
      uid: "templateUID",
      errorOf: coded("ingest_error"),
      generated: (observedGeneration) => ({ vapGenerationStatus: { state: "generated", observedGeneration } }),
    };
  if (isConstraint(object))
    return {
      kind: "ConstraintPodStatus",
      name: [kind, name],
      labels: {
        ...labelled("constraint-kind", object.kind),
        ...labelled("constraint-name", name),
        ...labelled("constraint-template-name", kind),
      },
      uid: "constraintUID",
      enforced: true,
      errorOf: coded("ingest_error"),
      generated: (observedGeneration) => ({
        enforcementPointsStatus: [{ enforcementPoint: "vap.k8s.io", state: "generated", observedGeneration }],
      }),
    };
  if (isMutator(object))
    return {
      kind: "MutatorPodStatus",
      name: [kind, name],
      labels: { ...labelled("mutator-kind", object.kind), ...labelled("mutator-name", name) },
      uid: "mutatorUID",
      enforced: true,
      errorOf: (message) => ({
        ...(message.includes("conflicting schemas") ? { type: "ErrConflictingSchema" } : {}),
        message,
      }),
    };
  if (isExpansionTemplate(object))
    return {
      ...plain,
      kind: "ExpansionTemplatePodStatus",
      labels: labelled("expansiontemplate-name", name),
      uid: "templateUID",
      errorOf: (message) => ({ message }),
    };
  if (isProvider(object))
    return {
      ...plain,
      kind: "ProviderPodStatus",
      labels: labelled("provider-name", name),
      uid: "providerUID",
      active: true,
      errorOf: (message) => ({ type: "UpsertCache", message, retryable: true }),
    };
  if (object.kind === "Config" && object.apiVersion.startsWith("config.gatekeeper.sh/"))
    return {
      ...plain,
      kind: "ConfigPodStatus",
      labels: labelled("config-name", name),
      uid: "configUID",
      errorOf: (message) => ({ message }),
    };
  return undefined;
}

/** Parts with one dash between them: those within are doubled, so that it can be told apart again. */
function packed(...parts: readonly string[]): string {
  return parts.map((each) => each.replaceAll("-", "--")).join("-");
}

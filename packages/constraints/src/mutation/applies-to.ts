import type { GroupVersionKind } from "@sallyport/kube";

/** `applyTo` of a mutator: all of these groups, versions and kinds, at these operations. */
export interface AppliesTo {
  readonly groups?: readonly string[];
  readonly versions?: readonly string[];
  readonly kinds?: readonly string[];
  /** CREATE, UPDATE or `*`; empty for all that there are. */
  readonly operations?: readonly string[];
}

/** A kind and an operation, `group/version/kind operation`: mutators that share one must agree on how its objects are built. */
export type Binding = string;

/** What the mutation webhook is asked about. */
const supported = ["CREATE", "UPDATE"];

/** Throws an error of one line. */
export function readAppliesTo(applyTo: readonly AppliesTo[], kind: string, name: string): void {
  const isPartial = ({ groups = [], versions = [], kinds = [] }: AppliesTo) =>
    groups.length === 0 || versions.length === 0 || kinds.length === 0;
  if (applyTo.some(isPartial))
    throw new Error(`invalid applyTo for ${kind} mutator ${name}, all of group, version and kind must be specified`);
  const faults = applyTo.flatMap(({ operations = [] }, i) => operationFaults(operations, i));
  if (faults.length > 0) throw new Error(`invalid applyTo for ${kind} mutator ${name}: ${faults.join("; ")}`);
  if (applyTo.length === 0) throw new Error(`applyTo required for ${kind} mutator ${name}`);
}

function operationFaults(operations: readonly string[], index: number): readonly string[] {
  const field = `applyTo[${index}].operations`;
  const faults = operations.flatMap((operation, i) => [
    ...(operations.indexOf(operation) < i ? [`duplicate operation ${JSON.stringify(operation)} in ${field}`] : []),
    ...(operation === "*" || supported.includes(operation)
      ? []
      : [`invalid operation ${JSON.stringify(operation)} in ${field}: must be one of CREATE, UPDATE, *`]),
  ]);
  return operations.includes("*") && operations.length > 1
    ? [...faults, `wildcard "*" in ${field} must not be combined with other operations`]
    : faults;
}

function operationsOf({ operations = [] }: AppliesTo): readonly string[] {
  return operations.length === 0 || operations.includes("*") ? supported : operations;
}

/** Without an operation only what applies to all of them. */
export function appliesTo(each: AppliesTo, { group, version, kind }: GroupVersionKind, operation: string): boolean {
  const { groups = [], versions = [], kinds = [] } = each;
  if (!groups.includes(group) || !versions.includes(version) || !kinds.includes(kind)) return false;
  const operations = operationsOf(each);
  return operation === "" ? supported.every((known) => operations.includes(known)) : operations.includes(operation);
}

/** In order. */
export function bindingsOf(applyTo: readonly AppliesTo[]): readonly Binding[] {
  const all = applyTo.flatMap((each) =>
    (each.groups ?? []).flatMap((group) =>
      (each.versions ?? []).flatMap((version) =>
        (each.kinds ?? []).flatMap((kind) =>
          operationsOf(each).map((operation) => `${group}/${version}/${kind} ${operation}`),
        ),
      ),
    ),
  );
  return [...new Set(all)].sort();
}

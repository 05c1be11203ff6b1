import { nanosOf, quantityText, shownQuantity } from "../../../go/quantity.ts";
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../../names.ts";
import { podAmounts } from "../../../quota/pod-amounts.ts";
import { itemsOf } from "../../checks.ts";
import type { Fields } from "../../rules.ts";
import { anyResource, containerResource, isHugePages, isNative, isWhole } from "../resource-names.ts";
import { validateUsedClaims } from "./resource-claims.ts";

/** What pods as a whole may ask for, beside huge pages. */
const ofPods: readonly string[] = ["cpu", "memory"];
const nano = 1_000_000_000n;

type NameRule = (field: string, name: string) => readonly FieldError[];

/** ValidateContainerResourceRequirements. `claims` are the names of the pod's. */
export function validateResources(
  resources: Fields | undefined,
  path: string,
  claims: readonly string[],
): readonly FieldError[] {
  return requirements(resources ?? {}, path, claims, containerResource);
}

function requirements(
  resources: Fields,
  path: string,
  claims: readonly string[],
  nameRule: NameRule,
): readonly FieldError[] {
  const { limits = {}, requests = {} } = resources as { readonly [name: string]: Fields };
  const validateAmount = (name: string, amount: string, field: string) => [
    ...nameRule(field, name),
    ...validateQuantity(name, amount, field),
  ];
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  return [
    ...Object.entries(limits).flatMap(([name, amount]) => [
      ...validateAmount(name, amount, `${path}.limits[${name}]`),
      ...pages(name, amount, `${path}.limits[${name}]`),
    ]),
    ...Object.entries(requests).flatMap(([name, amount]) => [
      ...validateAmount(name, amount, `${path}.requests[${name}]`),
      ...againstLimit(name, amount, limits[name], path),
      ...pages(name, amount, `${path}.requests[${name}]`),
    ]),
    ...(names.some(isHugePages) && !names.some((name) => ofPods.includes(name))
      ? [forbidden(path, "HugePages require cpu or memory")]
      : []),
    ...validateUsedClaims(resources["claims"], `${path}.claims`, claims),
  ];
}

/** Huge pages come whole. */
function pages(name: string, amount: string, field: string): readonly FieldError[] {
  if (!isHugePages(name)) return [];
  const size = nanosOf(name.slice("hugepages-".length));
  if (size > 0n && nanosOf(amount) % size === 0n) return [];
  const shown = shownQuantity(amount);
  return [invalid(field, shown, `${shown} is not positive integer multiple of ${name}`)];
}

/** validatePodResources: of a pod as a whole, which its containers share. */
export function validatePodResources(spec: Fields, path: string, claims: readonly string[]): readonly FieldError[] {
  const resources = spec["resources"] as Fields | undefined;
  const field = `${path}.resources`;
  if (resources === undefined) return [];
  if (spec["os"]?.name === "windows") return [forbidden(field, "may not be set for a windows pod")];
  return [
    ...(resources["claims"] === undefined
      ? []
      : [forbidden(`${field}.claims`, "claims may not be set for Resources at pod-level")]),
    ...requirements(resources, field, claims, podResourceName),
    ...againstContainers(spec, resources, field),
  ];
}

function podResourceName(field: string, name: string): readonly FieldError[] {
  const faults = anyResource(field, name);
  if (faults.length > 0) return faults;
  return ofPods.includes(name) || isHugePages(name) ? [] : [notSupported(field, name, supportedOfPods)];
}

/** What kube-apiserver tells as supported: any size of huge pages is. */
const supportedOfPods = ["cpu", "hugepages-", "memory"];

/** A pod asks for no less than its containers together, and grants each no more than it has itself. */
function againstContainers(spec: Fields, { requests = {}, limits = {} }: Fields, path: string): readonly FieldError[] {
  const containers = { containers: spec["containers"], initContainers: spec["initContainers"] };
  const [asked, granted] = [podAmounts(containers, "requests"), podAmounts(containers, "limits")];
  const less = (name: string, amount: bigint, given: Fields) =>
    given[name] !== undefined && amount > nanosOf(given[name]);
  return [
    ...[...asked]
      .filter(([name, { nanos }]) => less(name, nanos, requests))
      .map(([name, total]) =>
        invalid(
          `${path}.requests[${name}]`,
          shownQuantity(requests[name]),
          `must be greater than or equal to aggregate container requests of ${quantityText(total)}`,
        ),
      ),
    ...[...granted]
      .filter(([name, { nanos }]) => isHugePages(name) && less(name, nanos, limits))
      .map(([name, total]) =>
        invalid(
          `${path}.limits[${name}]`,
          shownQuantity(limits[name]),
          `must be greater than or equal to aggregate container limits of ${quantityText(total)}`,
        ),
      ),
    ...itemsOf(spec["containers"], `${path}.containers`).flatMap(([{ resources }, place]) =>
      Object.entries((resources?.limits ?? {}) as Fields)
        .filter(([name, amount]) => less(name, nanosOf(amount), limits))
        .map(([name, amount]) =>
          invalid(
            `${place}[${name}].limits`,
            shownQuantity(amount),
            `must be less than or equal to pod limits of ${shownQuantity(limits[name])}`,
          ),
        ),
    ),
  ];
}

/** ValidateResourceQuantityValue: not negative, and whole for what cannot be shared. */
export function validateQuantity(name: string, amount: string, path: string): readonly FieldError[] {
  const nanos = nanosOf(amount);
  const shown = shownQuantity(amount);
  return [
    ...(nanos < 0n ? [invalid(path, shown, "must be greater than or equal to 0")] : []),
    ...(isWhole(name) && nanos % nano !== 0n ? [invalid(path, shown, "must be an integer")] : []),
  ];
}

function againstLimit(name: string, amount: string, limit: string | undefined, path: string): readonly FieldError[] {
  const isShared = isNative(name) && !isHugePages(name);
  const field = `${path}.requests`;
  if (limit === undefined)
    return isShared ? [] : [required(`${path}.limits`, "Limit must be set for non overcommitable resources")];
  const [asked, most] = [shownQuantity(amount), shownQuantity(limit)];
  if (!isShared && nanosOf(amount) !== nanosOf(limit))
    return [invalid(field, asked, `must be equal to ${name} limit of ${most}`)];
  return nanosOf(amount) > nanosOf(limit)
    ? [invalid(field, asked, `must be less than or equal to ${name} limit of ${most}`)]
    : [];
}

/** What a change of resources does to a running container. */
export function validateResizePolicy(policies: unknown, path: string, restartPolicy: string): readonly FieldError[] {
  const names = new Set<string>();
  return itemsOf(policies, path).flatMap(([{ resourceName = "", restartPolicy: policy = "" }, field]) => {
    const errors: FieldError[] = [];
    if (names.has(resourceName)) errors.push(duplicate(field, resourceName));
    names.add(resourceName);
    if (!["cpu", "memory"].includes(resourceName))
      errors.push(resourceName === "" ? required(path) : notSupported(path, resourceName, ["cpu", "memory"]));
    const words = ["NotRequired", "RestartContainer"];
    if (!words.includes(policy)) errors.push(policy === "" ? required(path) : notSupported(path, policy, words));
    if (restartPolicy === "Never" && policy !== "NotRequired")
      errors.push(invalid(path, policy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
    return errors;
  });
}

/** validateOverhead. */
export function validateOverhead(overhead: Fields | undefined, path: string): readonly FieldError[] {
  return validateResources({ limits: overhead ?? {} }, path, []);
}

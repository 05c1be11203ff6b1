import { nanosOf, parseQuantity, quantityText } from "../../../go/quantity.ts";
import { duplicate, type FieldError, invalid, notSupported, required } from "../../../names.ts";
import { formatted, itemsOf } from "../../checks.ts";
import { labelKey } from "../../formats.ts";
import type { Fields } from "../../rules.ts";
import { isWhole } from "../resource-names.ts";

const standard: readonly string[] = ["cpu", "memory", "ephemeral-storage"];
const nano = 1_000_000_000n;

/** ValidateResourceRequirements. */
export function validateResources(resources: Fields | undefined, path: string): readonly FieldError[] {
  const { limits = {}, requests = {}, claims } = (resources ?? {}) as { [name: string]: Fields };
  const errors: FieldError[] = [];
  for (const [name, amount] of Object.entries(limits as Fields))
    errors.push(...validateAmount(name, amount, `${path}.limits`));
  for (const [name, amount] of Object.entries(requests as Fields)) {
    errors.push(...validateAmount(name, amount, `${path}.requests`));
    errors.push(...againstLimit(name, amount, limits[name], `${path}.requests`));
  }
  const names = new Set<string>();
  for (const [claim, field] of itemsOf(claims, `${path}.claims`)) {
    if (names.has(claim["name"])) errors.push(duplicate(field, claim["name"]));
    names.add(claim["name"]);
  }
  return errors;
}

function validateAmount(name: string, amount: string, path: string): readonly FieldError[] {
  const field = `${path}[${name}]`;
  return [...validateResourceName(name, field), ...validateQuantity(name, amount, field)];
}

/** A container's resource: a standard one, or one with a domain that is not Kubernetes' own. */
export function validateResourceName(name: string, path: string): readonly FieldError[] {
  const faults = formatted(path, name, labelKey);
  if (isNative(name) && name.includes("/")) return faults;
  if (!isNative(name))
    return faults.length === 0
      ? []
      : [...faults, invalid(path, name, "doesn't follow extended resource name standard")];
  if (standard.includes(name) || name.startsWith("hugepages-")) return faults;
  return [
    ...(faults.length === 0 ? [invalid(path, name, "must be a standard resource type or fully qualified")] : faults),
    invalid(path, name, "must be a standard resource for containers"),
  ];
}

/** One of Kubernetes' own; all others are of what a node's plugins know. */
function isNative(name: string): boolean {
  return !name.includes("/") || name.includes("kubernetes.io/");
}

/** ValidateResourceQuantityValue: not negative, and whole for what cannot be shared. */
export function validateQuantity(name: string, amount: string, path: string): readonly FieldError[] {
  const nanos = nanosOf(amount);
  if (nanos < 0n) return [invalid(path, amount, "must be greater than or equal to 0")];
  return isWhole(name) && nanos % nano !== 0n ? [invalid(path, quantityOf(amount), "must be an integer")] : [];
}

function quantityOf(amount: string): string {
  const quantity = parseQuantity(amount);
  return typeof quantity === "string" ? amount : quantityText(quantity);
}

function againstLimit(name: string, amount: string, limit: string | undefined, path: string): readonly FieldError[] {
  const isShared = isNative(name) && !name.startsWith("hugepages-");
  if (limit === undefined)
    return isShared
      ? []
      : [required(path.replace(/requests$/, "limits"), "Limit must be set for non overcommitable resources")];
  if (!isShared && nanosOf(amount) !== nanosOf(limit))
    return [invalid(path, amount, `must be equal to ${name} limit of ${limit}`)];
  return nanosOf(amount) > nanosOf(limit)
    ? [invalid(path, amount, `must be less than or equal to ${name} limit of ${limit}`)]
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
    if (restartPolicy === "Never" && policy === "RestartContainer")
      errors.push(invalid(path, policy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    return errors;
  });
}

/** validateOverhead. */
export function validateOverhead(overhead: Fields | undefined, path: string): readonly FieldError[] {
  return validateResources({ limits: overhead ?? {} }, path);
}

import type { FieldError } from "@sallyport/kube";
import type { Capabilities } from "./pod.ts";
import { goList, invalidValue, type PodSecurityPolicySpec } from "./policy.ts";

type Rules = Pick<PodSecurityPolicySpec, "defaultAddCapabilities" | "requiredDropCapabilities" | "allowedCapabilities">;

/** A container's capabilities with those that are added and dropped by default. */
export function withDefaultCapabilities(rules: Rules, given: Capabilities | undefined): Capabilities | undefined {
  const { defaultAddCapabilities = [], requiredDropCapabilities = [] } = rules;
  const [add, drop] = [new Set(given?.add), new Set(given?.drop)];
  const allAdd = new Set([...defaultAddCapabilities.filter((each) => !drop.has(each)), ...add]);
  const allDrop = new Set([...requiredDropCapabilities, ...drop]);
  if (allAdd.size === add.size && allDrop.size === drop.size) return given;
  return {
    ...(allAdd.size === 0 ? {} : { add: [...allAdd].sort() }),
    ...(allDrop.size === 0 ? {} : { drop: [...allDrop].sort() }),
  };
}

export function validateCapabilities(
  rules: Rules,
  given: Capabilities | undefined,
  path: string,
): readonly FieldError[] {
  const { defaultAddCapabilities = [], requiredDropCapabilities = [], allowedCapabilities = [] } = rules;
  if (given === undefined) {
    const wantsNone = defaultAddCapabilities.length === 0 && requiredDropCapabilities.length === 0;
    return wantsNone ? [] : [invalidValue(path, '"null"', "required capabilities are not set on the securityContext")];
  }
  if (allowedCapabilities.includes("*")) return [];
  const { add = [], drop = [] } = given;
  const allowed = new Set([...defaultAddCapabilities, ...allowedCapabilities]);
  return [
    ...add
      .filter((each) => !allowed.has(each))
      .map((each) => invalidValue(`${path}.add`, JSON.stringify(each), "capability may not be added")),
    ...requiredDropCapabilities
      .filter((each) => !drop.includes(each))
      .map((each) =>
        invalidValue(
          `${path}.drop`,
          goList("core.Capability", drop),
          `${each} is required to be dropped but was not found`,
        ),
      ),
  ];
}

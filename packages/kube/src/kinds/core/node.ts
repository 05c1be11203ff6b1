import { canonical } from "../../canonical.ts";
import { forbidden } from "../../names.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

/** The first range of pods' addresses stands twice, as a field of its own and in the list. */
export const node: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    const { status } = object;
    if (status?.capacity !== undefined) status.allocatable ??= { ...status.capacity };
    if (spec["podCIDR"] !== undefined && spec["podCIDRs"] === undefined) spec["podCIDRs"] = [spec["podCIDR"]];
  },
  validateUpdate: (object, old) => {
    const [now, before] = [specOf(object)["podCIDRs"] ?? [], specOf(old)["podCIDRs"] ?? []];
    return before.length === 0 || canonical(now) === canonical(before)
      ? []
      : [forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')];
  },
};

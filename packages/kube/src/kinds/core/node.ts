import type { Fields, KindRules } from "../rules.ts";

/** The first range of pods' addresses stands twice, as a field of its own and in the list. */
export const node: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    if (spec["podCIDR"] !== undefined && spec["podCIDRs"] === undefined) spec["podCIDRs"] = [spec["podCIDR"]];
  },
};

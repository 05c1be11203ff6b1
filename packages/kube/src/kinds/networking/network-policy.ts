import type { Fields, KindRules } from "../rules.ts";

export const networkPolicy: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    spec["policyTypes"] ??= ["Ingress", ...(spec["egress"] === undefined ? [] : ["Egress"])];
  },
};

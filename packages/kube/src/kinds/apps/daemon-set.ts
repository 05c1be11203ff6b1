import { templateDefaults } from "../core/pod-spec-defaults.ts";
import { type Fields, fill, immutable, type KindRules } from "../rules.ts";
import { validateWorkload } from "./workload.ts";

export const daemonSet: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { updateStrategy: {}, revisionHistoryLimit: 10 });
    fill(spec["updateStrategy"], { type: "RollingUpdate" });
    if (spec["updateStrategy"].type === "RollingUpdate")
      fill((spec["updateStrategy"].rollingUpdate ??= {}), { maxUnavailable: 1, maxSurge: 0 });
    templateDefaults(spec["template"]);
  },
  validate: validateWorkload,
  validateUpdate: (object, old) => immutable(object, old, ["spec.selector"]),
};

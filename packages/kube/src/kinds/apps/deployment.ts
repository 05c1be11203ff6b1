import { templateDefaults } from "../core/pod-spec-defaults.ts";
import { type Fields, fill, immutable, type KindRules } from "../rules.ts";
import { validateWorkload } from "./workload.ts";

export const deployment: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { replicas: 1, strategy: {}, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
    fill(spec["strategy"], { type: "RollingUpdate" });
    if (spec["strategy"].type === "RollingUpdate")
      fill((spec["strategy"].rollingUpdate ??= {}), { maxUnavailable: "25%", maxSurge: "25%" });
    templateDefaults(spec["template"]);
  },
  validate: validateWorkload,
  validateUpdate: (object, old) => immutable(object, old, ["spec.selector"]),
};

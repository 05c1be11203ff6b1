import { templateDefaults } from "../core/pod-spec-defaults.ts";
import { type Fields, fill, immutable, type KindRules } from "../rules.ts";
import { validateWorkload } from "./workload.ts";

export const statefulSet: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, {
      replicas: 1,
      podManagementPolicy: "OrderedReady",
      updateStrategy: {},
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    });
    fill(spec["updateStrategy"], { type: "RollingUpdate" });
    if (spec["updateStrategy"].type === "RollingUpdate")
      fill((spec["updateStrategy"].rollingUpdate ??= {}), { partition: 0 });
    templateDefaults(spec["template"]);
  },
  validate: validateWorkload,
  validateUpdate: (object, old) => immutable(object, old, ["spec.selector"]),
};

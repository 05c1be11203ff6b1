import { templateDefaults } from "../core/pod-spec-defaults.ts";
import { fill, immutable, type KindRules } from "../rules.ts";
import { validateWorkload } from "./workload.ts";

export const replicaSet: KindRules = {
  defaults: (object) => {
    fill((object["spec"] ??= {}), { replicas: 1 });
    templateDefaults(object["spec"].template);
  },
  validate: validateWorkload,
  validateUpdate: (object, old) => immutable(object, old, ["spec.selector"]),
};

import { replicaCounts, validateCounts } from "../counts.ts";
import { type Fields, fill, immutable, type KindRules, specOf } from "../rules.ts";
import { workloadWarnings } from "../workload-warnings.ts";
import {
  nonnegatives,
  validateLastingTemplate,
  validateWorkloadSelector,
  workloadTemplateDefaults,
} from "./workload.ts";

const words = { empty: "empty selector is invalid for deployment", invalid: "invalid label selector" };

export const replicaSet: KindRules = {
  warnings: workloadWarnings({ namesPods: true }),
  defaults: (object) => {
    fill((object["spec"] ??= {}), { replicas: 1 });
    workloadTemplateDefaults(object["spec"]);
  },
  validate: (object) => {
    const spec = specOf(object) as Fields;
    return [
      ...nonnegatives(spec, "spec", ["replicas", "minReadySeconds"]),
      ...validateWorkloadSelector(spec["selector"], words),
      ...validateLastingTemplate(spec, "ReplicaSet", words),
    ];
  },
  validateUpdate: (object, old) => immutable(object, old, ["spec.selector"]),
  validateStatus: (object) => validateCounts(object, replicaCounts),
};

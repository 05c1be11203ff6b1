import { declared, type FieldError, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { nonnegatives, onlyAlways, validateTemplate } from "../apps/workload.ts";
import { replicaCounts, validateCounts } from "../counts.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";
import { workloadWarnings } from "../workload-warnings.ts";
import { templateDefaults } from "./pod-spec-defaults.ts";

export const replicationController: KindRules = {
  warnings: workloadWarnings({ namesPods: true }),
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    spec["replicas"] ??= 1;
    const labels = spec["template"]?.metadata?.labels as Fields | undefined;
    if (labels !== undefined) {
      spec["selector"] ??= { ...labels };
      object["metadata"].labels ??= { ...labels };
    }
    templateDefaults(spec["template"]);
  },
  validate: validateController,
  validateStatus: (object) => validateCounts(object, replicaCounts),
};

function validateController(object: KubeObject): readonly FieldError[] {
  const spec = specOf(object);
  const selector = (spec["selector"] ?? {}) as Fields;
  return [
    ...(Object.keys(selector).length === 0 ? [required("spec.selector")] : []),
    ...declared(nonnegatives(spec, "spec", ["replicas", "minReadySeconds"])),
    ...(spec["template"] === undefined ? [required("spec.template")] : validateOwned(spec["template"], selector)),
  ];
}

function validateOwned(template: Fields, selector: Fields): readonly FieldError[] {
  const labels = template["metadata"]?.labels as Fields | undefined;
  const isSelected = Object.entries(selector).every(([key, value]) => labels?.[key] === value);
  return [
    ...(isSelected
      ? []
      : [invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")]),
    ...validateTemplate(template, "spec.template"),
    ...onlyAlways(template, "ReplicationController"),
  ];
}

import { validateTemplate } from "../apps/workload.ts";
import type { Fields, KindRules } from "../rules.ts";
import { workloadWarnings } from "../workload-warnings.ts";
import { templateDefaults } from "./pod-spec-defaults.ts";

export const podTemplate: KindRules = {
  warnings: workloadWarnings({ template: (object) => object["template"] as Fields | undefined, path: "template" }),
  defaults: (object) => templateDefaults(object["template"]),
  validate: (object) => validateTemplate((object["template"] ?? {}) as Fields, "template"),
};

import { validateTemplate } from "../apps/workload.ts";
import type { Fields, KindRules } from "../rules.ts";
import { templateDefaults } from "./pod-spec-defaults.ts";
import { templateWarnings } from "./pod-warnings.ts";

export const podTemplate: KindRules = {
  warnings: (object) => templateWarnings(object["template"] as Fields | undefined, "template"),
  defaults: (object) => templateDefaults(object["template"]),
  validate: (object) => validateTemplate((object["template"] ?? {}) as Fields, "template"),
};

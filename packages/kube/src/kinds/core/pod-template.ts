import { validateTemplate } from "../apps/workload.ts";
import type { Fields, KindRules } from "../rules.ts";
import { templateDefaults } from "./pod-spec-defaults.ts";

export const podTemplate: KindRules = {
  defaults: (object) => templateDefaults(object["template"]),
  validate: (object) => validateTemplate((object["template"] ?? {}) as Fields, "template"),
};

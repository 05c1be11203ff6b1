import type { KindRules } from "../rules.ts";
import { templateDefaults } from "./pod-spec-defaults.ts";

export const podTemplate: KindRules = { defaults: (object) => templateDefaults(object["template"]) };

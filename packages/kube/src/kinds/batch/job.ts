import { validatePodSpec } from "../core/pod-spec.ts";
import { templateDefaults } from "../core/pod-spec-defaults.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";

export const job: KindRules = {
  defaults: (object) => jobSpecDefaults((object["spec"] ??= {})),
  validate: (object) => validatePodSpec((specOf(object)["template"]?.spec ?? {}) as Fields, "spec.template.spec"),
};

function jobSpecDefaults(spec: Fields): void {
  fill(spec, {
    backoffLimit: 6,
    suspend: false,
    completionMode: "NonIndexed",
    podReplacementPolicy: spec["podFailurePolicy"] === undefined ? "TerminatingOrFailed" : "Failed",
  });
  if (spec["completions"] === undefined && spec["parallelism"] === undefined)
    fill(spec, { completions: 1, parallelism: 1 });
  spec["parallelism"] ??= 1;
  templateDefaults(spec["template"]);
}

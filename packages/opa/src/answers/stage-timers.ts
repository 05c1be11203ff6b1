import type { Metrics } from "./metrics.ts";

/** Where a timer is not called as its stage: OPA's names, with their slips. */
const others: { readonly [stage: string]: string | undefined } = {
  CheckDuplicateImports: "compile_stage_check_imports",
  SetAnnotationSet: "compile_stage_set_annotationset",
  BuildComprehensionIndices: "compile_stage_rebuild_comprehension_indices",
  CheckUnsafeBuiltins: "compile_state_check_unsafe_builtins",
  CheckDeprecatedBuiltins: "compile_state_check_deprecated_builtins",
};

/** Stages that OPA does not have. */
const own: ReadonlySet<string> = new Set(["MarkTestCases"]);

/** Tells how long each stage of the compiler took, in milliseconds by OPA's name of the stage, as OPA's timers: `compile_stage_check_types`. */
export function addStages(metrics: Metrics, timings: ReadonlyMap<string, number>): void {
  for (const [stage, milliseconds] of timings)
    if (!own.has(stage)) metrics.add(others[stage] ?? `compile_stage_${snakeCase(stage)}`, milliseconds);
}

/** `check_safety_rule_heads` of `CheckSafetyRuleHeads`. */
function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, "_$&").toLowerCase();
}

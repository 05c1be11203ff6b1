export {
  type Builtin,
  BuiltinError,
  type CryptoEffects,
  type CurveName,
  type Effects,
  type QueryState,
  type SignatureScheme,
  type SigningKey,
} from "./builtins/builtin.ts";
export {
  type CompileAnswer,
  compile,
  compileParsed,
  type EngineOptions,
  type ExplainedMember,
  type ModuleSource,
  RegoPolicy,
} from "./engine.ts";
export { PlanFile } from "./plan-file.ts";
export { PlanError, policyFromJson } from "./run/decode.ts";
export { EvaluationError, type EvaluationErrorCode, formatEvaluationError } from "./run/errors.ts";
export type { EvaluateOptions, Evaluator } from "./run/executable.ts";
export { defaultLimits, type Limits } from "./run/state.ts";
export type { Read } from "./run/trace.ts";
export type { Module, RegoVersion } from "./syntax/ast.ts";
export { type Diagnostic, type DiagnosticCode, formatDiagnostic, RegoError } from "./syntax/diagnostic.ts";
export { parseModule, parseQuery } from "./syntax/parser.ts";
export { isObject, lookup, sizeOf, typeName } from "./value/access.ts";
export { compare, equal, RegoObject, RegoSet, sortedEntries } from "./value/collection.ts";
export { jsonText, parseJson } from "./value/json.ts";
export type { JsonObject, TypeName, Value } from "./value/value.ts";

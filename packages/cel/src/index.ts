export type { Reference } from "./check/checker.ts";
export {
  Environment,
  type EnvironmentOptions,
  type FunctionDeclaration,
  type Library,
  type Overload,
  type Run as OverloadFunction,
  type StructType,
} from "./check/environment.ts";
export {
  ANY,
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  ERROR,
  formatType,
  INT,
  listType,
  mapType,
  NULL,
  opaqueType,
  optionalType,
  runtimeTypeName,
  STRING,
  structType,
  TIMESTAMP,
  type Type,
  typeParam,
  UINT,
} from "./check/type.ts";
export { estimateCost, type SizeOf } from "./cost/estimate.ts";
export type { Range } from "./cost/range.ts";
export { KnownOutcomes, KnownReads } from "./known-outcomes.ts";
export { extensionLibraries, standardLibraries } from "./library/all.ts";
export { accessReviewEnvironment, claimsEnvironment, userEnvironment } from "./library/kubernetes/access.ts";
export {
  type AdmissionTypes,
  type AdmissionVariables,
  admissionEnvironment,
  matchConditionEnvironment,
  typeCheckEnvironment,
} from "./library/kubernetes/admission.ts";
export {
  AUTHORIZER_TYPE,
  type AuthorizationAnswer,
  type AuthorizationQuestion,
  type Authorize,
  AuthorizerValue,
  RESOURCE_CHECK_TYPE,
} from "./library/kubernetes/authorizer.ts";
export { cidr } from "./library/kubernetes/cidr.ts";
export { deviceEnvironment, deviceSizes } from "./library/kubernetes/devices.ts";
export { kubernetesEnvironment, NEWEST_MINOR } from "./library/kubernetes/environment.ts";
export { ip } from "./library/kubernetes/ip.ts";
export { jsonFromMutation, MutationStruct, mutation, typeNameFaults } from "./library/kubernetes/mutation.ts";
export { parseQuantity, Quantity } from "./library/kubernetes/quantity.ts";
export { type CompileFailure, type CompileOptions, compile, type Outcome, Program } from "./program.ts";
export { type Activation, activationOf, PER_CALL_LIMIT, RUNTIME_COST_BUDGET } from "./run/state.ts";
export { declareSchema, escapeProperty, type SchemaDeclaration, type StructuralSchema } from "./schema.ts";
export type { Ast, Expr } from "./syntax/ast.ts";
export { type Diagnostic, formatDiagnostics, Source } from "./syntax/diagnostic.ts";
export type { Macro, MacroCall } from "./syntax/macro.ts";
export { base64FromBytes } from "./value/base64.ts";
export { isEqual } from "./value/equal.ts";
export { type Json, type JsonShape, jsonFromValue, valueFromJson } from "./value/json.ts";
export { EntryMap } from "./value/map.ts";
export { parseDouble as parseCelDouble } from "./value/number.ts";
export { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from "./value/time.ts";
export { typeOf } from "./value/type-of.ts";
export {
  ArrayList,
  CelError,
  Duration,
  ListValue,
  MapValue,
  Opaque,
  Optional,
  Struct,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from "./value/value.ts";
export {
  CompositedVariables,
  DefinedVariables,
  declareVariables,
  type Owners,
  VARIABLES_TYPE,
  VariableValues,
} from "./variables.ts";
export { variablesRead } from "./variables-read.ts";

export {
  type Builtin,
  BuiltinError,
  type CallPlace,
  type CryptoEffects,
  type CurveName,
  type Effects,
  type QueryState,
  type SignatureScheme,
  type SigningKey,
} from "./builtins/builtin.ts";
export {
  type BuiltinSignature,
  builtinNames,
  type Capabilities,
  compilerCapabilities,
  currentCapabilities,
  type DeclaredBuiltin,
  type DeclaredType,
  findSignature,
} from "./builtins/capabilities.ts";
export { parseGoDuration } from "./builtins/go-duration.ts";
export { BoundedHttpCache } from "./builtins/http-cache.ts";
export type {
  AsynchronousEffects,
  CachedResponse,
  HttpAnswer,
  HttpCache,
  HttpFailure,
  HttpRequest,
  HttpResponse,
  LookupAnswer,
  TlsOptions,
} from "./builtins/network.ts";
export { createWebEffects } from "./builtins/web-effects.ts";
export { certificatesValue } from "./builtins/x509.ts";
export { parseYaml } from "./builtins/yaml-parse.ts";
export { type CompileResult, compileModules } from "./compile/compile.ts";
export type { Compiled } from "./compile/compiled.ts";
export { findNode } from "./compile/compiled.ts";
export { type Dependencies, dependenciesOf } from "./compile/dependencies.ts";
export { entrypointsOf } from "./compile/entrypoints.ts";
export { refsOfModule } from "./compile/module-refs.ts";
export type { QueryOptions } from "./compile/query.ts";
export { type TypedName, type TypedQuery, typedQuery } from "./compile/query-types.ts";
export { type RequiredCapabilities, requiredCapabilities } from "./compile/required-capabilities.ts";
export { parseInliningRef, parseSoleTerm, SoleTermError } from "./compile/sole-term.ts";
export type { CompileOptions } from "./compile/stage.ts";
export { bodyText, refText } from "./compile/text.ts";
export { compiledModules } from "./compile/within-package.ts";
export {
  type CoverableModule,
  Coverage,
  type CoverageReport,
  type CoveredRange,
  type FileCoverage,
} from "./cover/coverage.ts";
export { Profile, type ProfileOptions, type ProfileRow, profileOrder } from "./cover/profile.ts";
export { mergeDocuments, placeDocument } from "./data/documents.ts";
export { type DataPath, pathFromPointer, pointerText, StoreError, type StoreErrorCode } from "./data/path.ts";
export { DataSnapshot } from "./data/snapshot.ts";
export {
  type DataChange,
  DataStore,
  DataTransaction,
  type PatchOperation,
  readDocument,
  type StoreOptions,
} from "./data/store.ts";
export {
  type CompileAnswer,
  compile,
  compileParsed,
  type EngineOptions,
  type ExplainedMember,
  type ModuleSource,
  RegoPolicy,
} from "./engine.ts";
export { checkRegoV1 } from "./format/check-v1.ts";
export { type FormatOptions, formatModule } from "./format/format.ts";
export { nameWildcards } from "./format/named-wildcards.ts";
export { PlanFile } from "./plan-file.ts";
export { type ExpressionValue, PreparedQuery, type QueryAnswer } from "./prepared-query.ts";
export { evaluateAsynchronously } from "./run/asynchronous.ts";
export { PlanError, policyFromJson } from "./run/decode.ts";
export { EvaluationError, type EvaluationErrorCode, formatEvaluationError } from "./run/errors.ts";
export type { EvaluateOptions, Evaluator } from "./run/executable.ts";
export type { RunOptions } from "./run/options.ts";
export { defaultLimits, type Limits } from "./run/state.ts";
export type { Read } from "./run/trace.ts";
export type { Annotations, Body, Import, Location, Module, Ref, RegoVersion, Rule, Term } from "./syntax/ast.ts";
export {
  type AstJson,
  type AstJsonOptions,
  annotationsJson,
  astJsonOfBody,
  astJsonOfModule,
  astJsonText,
  NumberText,
  valueJson,
} from "./syntax/ast-json.ts";
export { astTree } from "./syntax/ast-tree.ts";
export { currentLanguage, type LanguageCapabilities, languageOf } from "./syntax/capabilities.ts";
export {
  caretLines,
  type Diagnostic,
  type DiagnosticCode,
  diagnosticsText,
  formatDiagnostic,
  RegoError,
  type SourceLine,
} from "./syntax/diagnostic.ts";
export { editDistance } from "./syntax/edit-distance.ts";
export { ruleFromBody } from "./syntax/expression-rules.ts";
export {
  type ParseOptions,
  parseModule,
  parseQuery,
  parseRef,
  parseStatements,
  parseTermText,
  type Statement,
  writtenFaults,
} from "./syntax/parser.ts";
export type { WrittenRule } from "./syntax/rules.ts";
export { type CompileTestsOptions, compileTestModules, compileTests } from "./test/compile-tests.ts";
export type { FailedExpression, FailedExpressions, FailedValue } from "./test/failed-expression.ts";
export { findTests, numberTests, type TestRule } from "./test/find-tests.ts";
export type { BenchmarkResult, CaseResult, TestResult } from "./test/result.ts";
export {
  type BenchmarkOptions,
  checkTestPattern,
  type TestOptions,
  TestPatternError,
  TestRunner,
} from "./test/runner.ts";
export { EvaluatedLabels } from "./topdown/evaluated-labels.ts";
export { type FailedCall, FailedCalls } from "./topdown/failed-calls.ts";
export type { CountedOperation, Instrumentation, TimedOperation } from "./topdown/instrumentation.ts";
export { entrypointRef, OptimizeError, type OptimizeOptions, optimize } from "./topdown/optimize.ts";
export type { PartialOptions, PartialResult } from "./topdown/partial.ts";
export type { TraceEvent, TraceOp, Tracer } from "./topdown/trace.ts";
export { type ExplainMode, type RecordedEvent, TraceBuffer } from "./topdown/trace-buffer.ts";
export { traceEventsJson, traceJson } from "./topdown/trace-json.ts";
export { type TraceTextOptions, traceRows, traceText } from "./topdown/trace-text.ts";
export type { WalkOptions } from "./topdown/walk-options.ts";
export { isObject, lookup, sizeOf, typeName } from "./value/access.ts";
export { compare, equal, RegoObject, RegoSet, sortedEntries } from "./value/collection.ts";
export { jsonText, parseJson, textEntries } from "./value/json.ts";
export { jsonFault } from "./value/json-fault.ts";
export { JsonPaths, type PathStep } from "./value/json-paths.ts";
export { parseInput } from "./value/parse-input.ts";
export type { JsonObject, TypeName, Value } from "./value/value.ts";

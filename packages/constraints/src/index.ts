export { gatekeeperDefinitions, isGatekeeperGroup } from "./admission/definitions.ts";
export { GatekeeperMetrics, type StoredPolicy } from "./admission/metrics.ts";
export { type GatekeeperPluginOptions, gatekeeperPlugin, type PolicySource } from "./admission/plugin.ts";
export { GatekeeperPolicies, type GatekeeperPoliciesOptions, type StoredChange } from "./admission/policies.ts";
export { Audit, type AuditOptions, type AuditViolation } from "./audit/audit.ts";
export { exportBoundary, exportMessage } from "./audit/export-message.ts";
export { AuditMetrics } from "./audit/metrics.ts";
export { policyReport, type ReportApi, reportLabels, reportResource } from "./audit/policy-report.ts";
export { ConnectionFault, type DiskConnection, diskConnection } from "./connection/connection.ts";
export { type Constraint, isConstraint } from "./constraint.ts";
export type { EnforcementPoint } from "./enforcement.ts";
export { celEngine, ownVariables } from "./engines/cel.ts";
export { type CelSource, type FailurePolicy, readCelSource, readFailurePolicy } from "./engines/cel-source.ts";
export type { Engine, Violation } from "./engines/engine.ts";
export { type RegoEngineOptions, regoEngine } from "./engines/rego.ts";
export { isExpansionTemplate } from "./expansion/expansion-template.ts";
export { askProvider, type ClientCertificate, failed, type ProviderAnswer } from "./external-data/exchange.ts";
export {
  defaultTtl,
  ExternalData,
  type ExternalDataOptions,
  type ExternalDataSource,
} from "./external-data/external-data.ts";
export { isProvider, type Provider, readProvider } from "./external-data/provider.ts";
export { FrameworkError } from "./fault.ts";
export { Framework, type FrameworkOptions, type Result } from "./framework.ts";
export {
  type BenchObjects,
  type BenchOptions,
  type BenchResult,
  benchEngine,
  sortBenchObjects,
} from "./gator/bench.ts";
export { Expander } from "./gator/expander.ts";
export { objectsIn, type SuiteFiles } from "./gator/files.ts";
export { readFilter } from "./gator/filter.ts";
export type { Latencies } from "./gator/latencies.ts";
export { ReviewNotes, type StatisticsEntry } from "./gator/statistics.ts";
export { type Case as SuiteCase, isSuite, readSuite } from "./gator/suite.ts";
export { findMissingSyncs, type SyncFindings, type SyncOptions } from "./gator/sync-requirements.ts";
export { isDenied, type TestedObjects, type TestedResult, type TestObjectsOptions, testObjects } from "./gator/test.ts";
export { type SuiteResult, type VerifyOptions, verifySuite } from "./gator/verify.ts";
export { hasFailed, verifyText } from "./gator/verify-text.ts";
export { type Match, type Matchable, MatchError, matchesObject, type Source } from "./match/match.ts";
export { isMutator, Mutators, readMutator } from "./mutation/mutators.ts";
export { type Review, type ReviewContext, reviewOfObject, reviewOfRequest } from "./review.ts";
export {
  connectionStatusOf,
  type Operation,
  type PodStatus,
  podStatusOf,
  type StatusContext,
} from "./status/pod-status.ts";
export { constraintDefinition } from "./template/definition.ts";
export { isTemplate, readTemplate, type Template, targetName } from "./template/template.ts";
export { bindingName, bindingOf } from "./vap/binding.ts";
export { admissionPolicyOf, type PolicyOptions, policyName } from "./vap/policy.ts";

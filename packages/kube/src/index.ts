export { type Applied, applyConfiguration, managedAfterUpdate, type Writer } from "./apply/apply.ts";
export { typedFaultsText } from "./apply/check.ts";
export { isSameValue } from "./apply/compare.ts";
export { type FieldSet, fieldPath, union as unionOfFields } from "./apply/field-set.ts";
export { clientAppliedFields, kubectlManager, withLastApplied } from "./apply/last-applied.ts";
export {
  decodeManagedFields,
  encodeManagedFields,
  type ManagedFields,
  type ManagerId,
} from "./apply/managed-fields.ts";
export { mergeForPolicy } from "./apply/policy-merge.ts";
export { resourceType } from "./apply/resource-type.ts";
export { type ResourcePathMappings, toParent, toSubresource } from "./apply/scale-handler.ts";
export type { Type as FieldType } from "./apply/type.ts";
export { bootstrapFlowControl, bootstrapRbac, systemPriorityClasses } from "./bootstrap.ts";
export { canonical } from "./canonical.ts";
export {
  builtinCatalogue,
  builtinResources,
  type Catalogue,
  findKind,
  findResource,
  preferredResource,
  type ResourceInfo,
} from "./catalogue.ts";
export { convertBuiltin, isConverted } from "./conversion/convert.ts";
export { checkDepth, checkTypeMeta, type Decoded, parseBody, parseYamlFields, unmarshalErrors } from "./decode.ts";
export { defaultStorageClassName, newestDefault } from "./default-class.ts";
export { applyDefaults } from "./defaults.ts";
export { humanDurationOf } from "./duration.ts";
export { type EventChange, EventRecorder, type EventRecorderOptions, type RecordEvent } from "./event-recorder.ts";
export { parseFieldSelector } from "./field-selector.ts";
export { parseGoBool } from "./go/bool.ts";
export { conform, conformStruct, emptyObject, emptyStatus } from "./go/conform.ts";
export { parseGoDuration } from "./go/duration.ts";
export { emptiedOf } from "./go/emptied.ts";
export { withoutEmptyLists } from "./go/empty-lists.ts";
export { messageOfSchema } from "./go/fields.ts";
export { goJson, internalDiff } from "./go/internal.ts";
export { unboundedNumber, writtenNumber } from "./go/json-numbers.ts";
export { jsonSyntaxFault } from "./go/json-syntax.ts";
export { inGoOrder, inWrittenOrder } from "./go/order.ts";
export { nanosOf, parseQuantity, type Quantity, quantityText, shownQuantity } from "./go/quantity.ts";
export { goQuoted, isPrintable } from "./go/quote.ts";
export { jsonTypeOf } from "./go/restore-fault.ts";
export { timeValue, ValueFault } from "./go/values.ts";
export { goScalarsOfV3 } from "./go/yaml-scalars.ts";
export { goText } from "./go-text.ts";
export { applyJsonPatch, PatchError, patchJson, pointerTokens } from "./json-patch.ts";
export { staticSuffix, validateReservedName } from "./kinds/admissionregistration/static-name.ts";
export { keywordFaults } from "./kinds/apiextensions/schema-rules.ts";
export { parseSchedule, type Schedule } from "./kinds/batch/schedule.ts";
export { withAppArmorFields } from "./kinds/core/app-armor.ts";
export { withoutClosedFields, withoutClosedJobFields, withoutClosedStatus } from "./kinds/core/closed-gates.ts";
export { withPodLevelDefaults, withPreparedSpec } from "./kinds/core/pod-preparation.ts";
export { validateFamilies as validateServiceFamilies } from "./kinds/core/service-families.ts";
export {
  type DeviceFault,
  type ExpressionRole,
  type Expressions,
  type PolicyExpressions,
  uncompiled,
} from "./kinds/expressions.ts";
export { dns1123Label, dns1123Subdomain, labelKey, labelValue, pathSegment } from "./kinds/formats.ts";
export { parseCidr, parseIp } from "./kinds/ip.ts";
export { validateLabelSelector } from "./kinds/label-selector.ts";
export { podSecurityPolicyDefinition } from "./kinds/policy/pod-security-policy-definition.ts";
export { type LabelSelector, parseLabelSelector } from "./label-selector-text.ts";
export { LeaderElection, type LeaseAccess, type LeaseTimes, leaseTimes } from "./leader-election.ts";
export { manifestsText, manifestText } from "./manifest-text.ts";
export { finalizerWarnings } from "./metadata.ts";
export { Counter, Gauge, Histogram, type Observer, type Rendered } from "./metric.ts";
export {
  aggregated,
  duplicate,
  type FieldError,
  faultsText,
  forbidden,
  generateName,
  invalid,
  invalidStatus,
  notSupported,
  randomSuffix,
  required,
  together,
  tooLong,
  tooMany,
  withoutValue,
} from "./names.ts";
export type { GroupVersionKind, GroupVersionResource, Json, KubeObject, ObjectMeta, OwnerReference } from "./object.ts";
export { apiVersionOf, goPackageOf, parseApiVersion, qualifiedResource } from "./object.ts";
export { openApiV2 } from "./openapi-v2.ts";
export { encodeOpenApiV2 } from "./openapi-v2-protobuf.ts";
export { openApiV3, openApiV3Index } from "./openapi-v3.ts";
export { applyMergePatch, diffObjects } from "./patch.ts";
export { decodeProtobuf, isProtobuf } from "./protobuf.ts";
export { encodeProtobuf, encodeWatchFrame, hasProtobuf, isProtobufKind } from "./protobuf-encode.ts";
export {
  type Amounts,
  amountsOf,
  isSameAmounts,
  larger,
  listOf,
  moreThan,
  only,
  plus,
  type ResourceList,
  zero as zeroQuantity,
} from "./quota/amounts.ts";
export { storageClassOf } from "./quota/claims.ts";
export { type Evaluator as QuotaEvaluator, scopesOf } from "./quota/evaluator.ts";
export { evaluatorFor } from "./quota/evaluators.ts";
export { podAmounts, podRequests } from "./quota/pod-amounts.ts";
export { qualityOfService } from "./quota/quality-of-service.ts";
export { quotaStatus } from "./quota/usage.ts";
export {
  authorizeByRbac,
  type GrantedRule,
  type RbacReader,
  type RbacRequest,
  type RbacUser,
  type RoleRef,
  roleOf,
  rulesFor,
} from "./rbac.ts";
export { escalationMessage, uncoveredRules } from "./rbac-escalation.ts";
export { allows, type PolicyRule, type RuleRequest } from "./rbac-rules.ts";
export { findSchema, resolveSchema, type Schema } from "./schema.ts";
export { type SecretText, secretTextsOf, withoutTexts } from "./secret-texts.ts";
export { type LabelSelectorObject, matchesSelector, meetsRequirement } from "./selector.ts";
export { type RuntimeConfig, runtimeConfigFault, servedCatalogue } from "./served.ts";
export {
  internalError,
  refusalStatus,
  type Status,
  type StatusCause,
  type StatusDetails,
  StatusError,
  type StatusReason,
} from "./status.ts";
export { applyStrategicMergePatch } from "./strategic-merge.ts";
export { compactSchema } from "./structural/compact.ts";
export {
  type CustomVersion,
  customVersions,
  type DefinitionCondition,
  type DefinitionNames,
  type DefinitionSpec,
  type DefinitionStatus,
  definitionOf,
  hasCondition,
  type ScalePaths,
} from "./structural/custom-version.ts";
export { applySchemaDefaults } from "./structural/default.ts";
export { structuralOf } from "./structural/of-kind.ts";
export { schemaPlaces } from "./structural/places.ts";
export { conformMetadata, metadataFault, prune } from "./structural/prune.ts";
export { isSameJson } from "./structural/same.ts";
export type { Structural, ValidationRule } from "./structural/schema.ts";
export { isBlocking, oldItems, rulesNotChecked, validateBySchema, validateUniqueness } from "./structural/validate.ts";
export { selectorText } from "./table/layout.ts";
export { partialMetadata } from "./table/partial-metadata.ts";
export { tableOf } from "./table/table.ts";
export { timestampOf } from "./timestamp.ts";
export {
  statusWarningsOf,
  validateCustomMetadata,
  validateCustomRules,
  validateObject,
  validateReplacement,
  validateStatus,
  warningsOf,
} from "./validate.ts";
export { compareVersions } from "./versions.ts";
export { parseYamlDocuments } from "./yaml-documents.ts";

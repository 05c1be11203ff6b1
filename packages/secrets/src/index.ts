export { type AuditEvent, accessOf } from "./access/audit-events.ts";
export { type Edit, editText } from "./access/edit.ts";
export { type AccessEdge, type AccessGraph, type AccessNode, accessGraph } from "./access/graph.ts";
export { graphSvg } from "./access/graph-svg.ts";
export type { Path, Step } from "./access/path.ts";
export type { Right } from "./access/rights.ts";
export { AccessRecord, type Suggestion, type UnusedRule } from "./access/suggest.ts";
export { suggestedObjects } from "./access/suggested-objects.ts";
export { type Answer, type SubjectPaths, type WhoCanOptions, whoCan } from "./access/who-can.ts";
export { rightText } from "./access/words.ts";
export {
  type Identity,
  identityText,
  type Question,
  type RbacName,
  rbacText,
  type World,
  type WorldObject,
} from "./access/world.ts";
export { worldOf } from "./access/world-of.ts";
export { parseBaseline } from "./scan/baseline.ts";
export { type Confidence, confidences, type Finding, isAtLeast } from "./scan/finding.ts";
export { createFingerprint } from "./scan/fingerprint.ts";
export { type ScanOptions, scanText } from "./scan/scan.ts";
export { parseUserRules, RulesError, type UserRules } from "./scan/user-rules.ts";
export { type Scope, scopes } from "./sealed/scope.ts";
export { SealError } from "./sealed/seal-error.ts";
export {
  openSealedSecret,
  resealSecret,
  type SealedSecret,
  type SecretManifest,
  sealSecret,
} from "./sealed/sealed-secret.ts";
export { privateKeysOfPem, sealingKeyOf } from "./sealed/sealing-keys.ts";
export { type CreationRule, creationRuleFor } from "./sops/creation-rules.ts";
export { identitiesOf } from "./sops/data-key.ts";
export type { Selection } from "./sops/selection.ts";
export { SopsError } from "./sops/sops-error.ts";
export { isSopsText, openSops, type SopsFormat, sealSops, sopsFormatOf } from "./sops/sops-file.ts";

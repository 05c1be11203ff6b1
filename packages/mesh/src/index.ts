export { annotationFaults, type Interception, interceptionOf } from "./injection/annotations.ts";
export { type Injection, injectPod } from "./injection/inject-pod.ts";
export {
  defaultInjectionPolicy,
  type InjectionChoice,
  type InjectionPolicy,
  injectionChoice,
  injectionRequired,
} from "./injection/injection-required.ts";
export type { Pod } from "./injection/pod.ts";
export { type AppProbers, appProbersVariable } from "./injection/probes.ts";
export { podInterception, proxyUser, type SidecarSettings, sidecarPorts } from "./injection/sidecar.ts";
export { uninjectPod } from "./injection/uninject-pod.ts";
export { type EntryOptions, type InjectionEntry, injectionEntries } from "./injection/webhook-entries.ts";
export { nftRules, type RuleTargets } from "./interception/nft-rules.ts";
export { meshDefinitions } from "./kinds/definitions.ts";
export { type Action, type AuthorizationPolicy, actionOf } from "./policy/authorization-policy.ts";
export { authorizerOf, type PolicyPart, policiesOf, type TracedAuthorizer } from "./policy/authorizer.ts";
export type { Authorizer, Call, HttpCall, MutualTlsMode, Verdict } from "./policy/call.ts";
export { type ClientChoice, type ClientQuestion, clientChoice, type Endpoint } from "./policy/client-tls.ts";
export type { DestinationRule, ServiceName } from "./policy/destination-rule.ts";
export { type ExtensionProvider, providerFault } from "./policy/extension-provider.ts";
export {
  type Consulted,
  modeOf,
  type PeerAuthentication,
  resolveModes,
  type WorkloadModes,
} from "./policy/peer-authentication.ts";
export { meshObjectFaults, type ObjectFaults } from "./policy/validation/faults.ts";
export { specShapes } from "./policy/validation/shapes.ts";
export { defaultMesh, type MeshObject, type MeshSettings, type Workload } from "./policy/workload.ts";
export type { Exception } from "./readiness/exception.ts";
export { type Finding, type Grade, grades } from "./readiness/finding.ts";
export type { PortReadiness } from "./readiness/port-readiness.ts";
export { type Readiness, readinessOf } from "./readiness/readiness.ts";
export type { RolloutStep } from "./readiness/rollout.ts";
export { noTraffic, readTraffic, type Traffic, TrafficError, unmatchedOf } from "./readiness/traffic.ts";
export {
  type AdmissionPath,
  admissionPaths,
  type CallDetails,
  type Caller,
  type PathStep,
  type Target,
} from "./view/admission-path.ts";
export { type ExplainedPolicy, type Explanation, explainPort } from "./view/explanation.ts";
export type { MeshService } from "./view/mesh-service.ts";
export { type MeshProblem, type MeshView, meshView, placeOf, type ServedPort, servedPorts } from "./view/mesh-view.ts";
export { type MeshWorkload, titleOf } from "./view/mesh-workload.ts";
export type { PlacedObject } from "./view/placed-object.ts";
export { parseReference, type Reference, serviceNamed, workloadsNamed } from "./view/reference.ts";

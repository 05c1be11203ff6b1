import { type Field, listMessages, messageFields, metaPackage, rawMessages } from "../protobuf-fields.ts";
import { findSchema } from "../schema.ts";

/** One field of a struct of Go as its JSON has it: fields of embedded structs stand beside the others. */
export type GoField = Pick<Field, "name" | "type" | "repeated" | "map" | "pointer" | "omitEmpty">;

const structs = new Map<string, ReadonlyMap<string, GoField>>();

/** The fields of a struct by name, in the order in which Go writes them; undefined for what is no struct. */
export function structFields(message: string): ReadonlyMap<string, GoField> | undefined {
  const known = structs.get(message);
  if (known !== undefined) return known;
  const declared = messageFields(message);
  if (declared === undefined || isLeaf(message)) return undefined;
  const fields = new Map<string, GoField>();
  const isTyped = findSchema(schemaOf(message))?.p?.["apiVersion"] !== undefined;
  if (isTyped && !declared.some(({ name }) => name === "apiVersion"))
    for (const name of ["kind", "apiVersion"])
      fields.set(name, { name, type: "string", repeated: false, map: false, pointer: false, omitEmpty: true });
  for (const field of declared)
    if (field.inline) for (const [name, inner] of structFields(field.type) ?? []) fields.set(name, inner);
    else fields.set(field.name, field);
  structs.set(message, fields);
  return fields;
}

/** Messages by their names in OpenAPI: as many as there are types built in. */
const messages = new Map<string, string>();

/** The message of a type by its name in OpenAPI. */
export function messageOfSchema(schema: string): string {
  let message = messages.get(schema);
  if (message === undefined) {
    message = schema.replace(/^io\.k8s\./, "k8s.io.").replaceAll("-", "_");
    if (findSchema(schema) !== undefined) messages.set(schema, message);
  }
  return message;
}

function schemaOf(message: string): string {
  return message
    .replace(/^k8s\.io\./, "io.k8s.")
    .replace("apiextensions_apiserver", "apiextensions-apiserver")
    .replace("kube_aggregator", "kube-aggregator");
}

export const quantityMessage = "k8s.io.apimachinery.pkg.api.resource.Quantity";
export const intOrStringMessage = "k8s.io.apimachinery.pkg.util.intstr.IntOrString";
export const timeMessage = `${metaPackage}.Time`;
export const microTimeMessage = `${metaPackage}.MicroTime`;
export const durationMessage = `${metaPackage}.Duration`;

const leaves: ReadonlySet<string> = new Set([
  quantityMessage,
  intOrStringMessage,
  timeMessage,
  microTimeMessage,
  durationMessage,
]);

/** Messages whose JSON is a single value, or anything at all. */
function isLeaf(message: string): boolean {
  return leaves.has(message) || listMessages.has(message) || rawMessages.has(message);
}

/** `v1.Capabilities`, `[]v1.Container`, `map[string]string`: a field's type as Go's decoder names it. */
export function goTypeOf(struct: string, field: GoField): string {
  const named = namedTypes[`${shortOf(struct)}.${field.name}`];
  if (field.map && field.type === quantityMessage) return "v1.ResourceList";
  const item = named ?? goScalar(field.type);
  if (field.map) return `map[string]${item}`;
  return field.repeated ? `[]${item}` : item;
}

/** The type of one item of a list, of one value of a map. */
export function goItemTypeOf(struct: string, field: GoField): string {
  return goTypeOf(struct, { ...field, repeated: false, map: false });
}

function goScalar(type: string): string {
  if (type === "bytes") return "[]uint8";
  if (type === "double") return "float64";
  return type.includes(".") ? type.split(".").slice(-2).join(".") : type;
}

/** `Probe`. */
export function shortOf(message: string): string {
  return message.slice(message.lastIndexOf(".") + 1);
}

/** Strings that have a type of their own in Go; OpenAPI and protobuf do not tell. */
const namedTypes: { readonly [field: string]: string } = {
  "DeleteOptions.propagationPolicy": "v1.DeletionPropagation",
  "ObjectMeta.uid": "types.UID",
  "Preconditions.uid": "types.UID",
  "OwnerReference.uid": "types.UID",
  "ObjectReference.uid": "types.UID",
  "AppArmorProfile.type": "v1.AppArmorProfileType",
  "Capabilities.add": "v1.Capability",
  "Capabilities.drop": "v1.Capability",
  "Container.imagePullPolicy": "v1.PullPolicy",
  "Container.restartPolicy": "v1.ContainerRestartPolicy",
  "Container.terminationMessagePolicy": "v1.TerminationMessagePolicy",
  "ContainerPort.protocol": "v1.Protocol",
  "ContainerResizePolicy.resourceName": "v1.ResourceName",
  "ContainerResizePolicy.restartPolicy": "v1.ResourceResizeRestartPolicy",
  "EmptyDirVolumeSource.medium": "v1.StorageMedium",
  "EndpointPort.protocol": "v1.Protocol",
  "EphemeralContainer.imagePullPolicy": "v1.PullPolicy",
  "EphemeralContainer.restartPolicy": "v1.ContainerRestartPolicy",
  "EphemeralContainer.terminationMessagePolicy": "v1.TerminationMessagePolicy",
  "HTTPGetAction.scheme": "v1.URIScheme",
  "HostPathVolumeSource.type": "v1.HostPathType",
  "ImageVolumeSource.pullPolicy": "v1.PullPolicy",
  "Lifecycle.stopSignal": "v1.Signal",
  "LimitRangeItem.type": "v1.LimitType",
  "NamespaceSpec.finalizers": "v1.FinalizerName",
  "NamespaceStatus.phase": "v1.NamespacePhase",
  "NodeSelectorRequirement.operator": "v1.NodeSelectorOperator",
  "LabelSelectorRequirement.operator": "v1.LabelSelectorOperator",
  "ObjectFieldSelector.apiVersion": "string",
  "PersistentVolumeClaimSpec.accessModes": "v1.PersistentVolumeAccessMode",
  "PersistentVolumeClaimSpec.volumeMode": "v1.PersistentVolumeMode",
  "PersistentVolumeClaimStatus.phase": "v1.PersistentVolumeClaimPhase",
  "PersistentVolumeSpec.accessModes": "v1.PersistentVolumeAccessMode",
  "PersistentVolumeSpec.persistentVolumeReclaimPolicy": "v1.PersistentVolumeReclaimPolicy",
  "PersistentVolumeSpec.volumeMode": "v1.PersistentVolumeMode",
  "PodOS.name": "v1.OSName",
  "PodReadinessGate.conditionType": "v1.PodConditionType",
  "PodSecurityContext.fsGroupChangePolicy": "v1.PodFSGroupChangePolicy",
  "PodSecurityContext.seLinuxChangePolicy": "v1.PodSELinuxChangePolicy",
  "PodSecurityContext.supplementalGroupsPolicy": "v1.SupplementalGroupsPolicy",
  "PodSpec.dnsPolicy": "v1.DNSPolicy",
  "PodSpec.preemptionPolicy": "v1.PreemptionPolicy",
  "PodSpec.restartPolicy": "v1.RestartPolicy",
  "PodStatus.phase": "v1.PodPhase",
  "ResourceQuotaSpec.scopes": "v1.ResourceQuotaScope",
  "ScopedResourceSelectorRequirement.operator": "v1.ScopeSelectorOperator",
  "ScopedResourceSelectorRequirement.scopeName": "v1.ResourceQuotaScope",
  "SeccompProfile.type": "v1.SeccompProfileType",
  "Secret.type": "v1.SecretType",
  "SecurityContext.procMount": "v1.ProcMountType",
  "ServicePort.protocol": "v1.Protocol",
  "ServiceSpec.externalTrafficPolicy": "v1.ServiceExternalTrafficPolicy",
  "ServiceSpec.internalTrafficPolicy": "v1.ServiceInternalTrafficPolicy",
  "ServiceSpec.ipFamilies": "v1.IPFamily",
  "ServiceSpec.ipFamilyPolicy": "v1.IPFamilyPolicy",
  "ServiceSpec.sessionAffinity": "v1.ServiceAffinity",
  "ServiceSpec.type": "v1.ServiceType",
  "Taint.effect": "v1.TaintEffect",
  "Toleration.effect": "v1.TaintEffect",
  "Toleration.operator": "v1.TolerationOperator",
  "TopologySpreadConstraint.nodeAffinityPolicy": "v1.NodeInclusionPolicy",
  "TopologySpreadConstraint.nodeTaintsPolicy": "v1.NodeInclusionPolicy",
  "TopologySpreadConstraint.whenUnsatisfiable": "v1.UnsatisfiableConstraintAction",
  "VolumeMount.mountPropagation": "v1.MountPropagationMode",
  "VolumeMount.recursiveReadOnly": "v1.RecursiveReadOnlyMode",
};

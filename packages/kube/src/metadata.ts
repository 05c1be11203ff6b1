import { trustBundleName } from "./kinds/certificates/trust-bundle-name.ts";
import { formatted, nonnegative } from "./kinds/checks.ts";
import {
  dns1123Label,
  dns1123Subdomain,
  type Format,
  labelKey,
  labelValue,
  pathSegment,
  qualified,
} from "./kinds/formats.ts";
import { canonicalIpAddress } from "./kinds/ip.ts";
import { declared, type FieldError, forbidden, invalid, required, together } from "./names.ts";
import { apiVersionOf, type KubeObject, type OwnerReference, parseApiVersion } from "./object.ts";

const none: readonly never[] = [];

/** 256 KiB over all annotations. */
const maxAnnotationBytes = 256 * 1024;

/** What names of a kind must be, where that is not a subdomain: by kind, and its group. `signer`: what the object's signer says. */
const nameFormats = new Map<string, { readonly group: string; readonly format: Format | "signer" }>([
  ["Namespace", { group: "", format: dns1123Label }],
  ["Service", { group: "", format: dns1123Label }],
  ["StatefulSet", { group: "apps", format: dns1123Label }],
  ["CertificateSigningRequest", { group: "certificates.k8s.io", format: pathSegment }],
  ["Event", { group: "", format: pathSegment }],
  ["PodDisruptionBudget", { group: "policy", format: pathSegment }],
  ["ClusterTrustBundle", { group: "certificates.k8s.io", format: "signer" }],
  ["APIService", { group: "apiregistration.k8s.io", format: pathSegment }],
  ["IPAddress", { group: "networking.k8s.io", format: canonicalIpAddress }],
  ["Role", { group: "rbac.authorization.k8s.io", format: pathSegment }],
  ["ClusterRole", { group: "rbac.authorization.k8s.io", format: pathSegment }],
  ["RoleBinding", { group: "rbac.authorization.k8s.io", format: pathSegment }],
  ["ClusterRoleBinding", { group: "rbac.authorization.k8s.io", format: pathSegment }],
]);

function nameFormatOf(object: KubeObject): Format {
  const { apiVersion, kind } = object;
  const own = nameFormats.get(kind);
  if (own === undefined || parseApiVersion(apiVersion).group !== own.group) return dns1123Subdomain;
  if (own.format !== "signer") return own.format;
  return trustBundleName((object["spec"] as { readonly signerName?: string } | undefined)?.signerName ?? "");
}

/** Kinds whose names upstream's generated rules look at, which see only the one that there is, not the base that was given. */
const declaredNames: ReadonlySet<string> = new Set(["ReplicationController", "DeviceClass"]);

/** ValidateObjectMeta: names, labels, annotations, owners and finalizers of any object. */
export function validateMetadata(object: KubeObject, format = nameFormatOf(object)): readonly FieldError[] {
  const { name = "", generateName = "", generation, finalizers = none } = object.metadata;
  const isPrefix = generateName.length > 1 && generateName.endsWith("-");
  const prefix = isPrefix ? `${generateName.slice(0, -2)}a` : generateName;
  return together(
    generateName === "" || declaredNames.has(object.kind)
      ? []
      : format(prefix).map((each) => invalid("metadata.generateName", generateName, each)),
    name === ""
      ? [required("metadata.name", "name or generateName is required")]
      : declaredNames.has(object.kind)
        ? declared(formatted("metadata.name", name, format))
        : formatted("metadata.name", name, format),
    nonnegative("metadata.generation", generation),
    validateLabels(object),
    validateAnnotations(object),
    validateOwners(object.metadata.ownerReferences ?? none),
    validateFinalizers(finalizers),
  );
}

const kept = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

/** ValidateObjectMetaUpdate: what no update changes. */
export function validateMetadataUpdate({ metadata }: KubeObject, old: KubeObject): readonly FieldError[] {
  const added = (metadata.finalizers ?? []).filter((each) => !old.metadata.finalizers?.includes(each));
  const list = `[]string{${added.map((each) => JSON.stringify(each)).join(", ")}}`;
  const isEnding = Boolean(old.metadata.deletionTimestamp);
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  return [
    ...(isEnding && added.length > 0 ? [forbidden("metadata.finalizers", why)] : []),
    ...kept
      .filter((field) => (metadata[field] ?? undefined) !== (old.metadata[field] ?? undefined))
      .map((field) => invalid(`metadata.${field}`, metadata[field], "field is immutable")),
  ];
}

function validateLabels({ metadata: { labels } }: KubeObject): readonly FieldError[] {
  if (labels === undefined) return none;
  return Object.entries(labels).flatMap(([key, value]) => [
    ...formatted("metadata.labels", key, labelKey),
    ...formatted("metadata.labels", value, labelValue),
  ]);
}

function validateAnnotations({ metadata: { annotations } }: KubeObject): readonly FieldError[] {
  if (annotations === undefined) return none;
  const field = "metadata.annotations";
  const entries = Object.entries(annotations);
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  const message = `Too long: may not be more than ${maxAnnotationBytes} bytes`;
  return [
    ...entries.flatMap(([key]) => labelKey(key.toLowerCase()).map((each) => invalid(field, key, each))),
    ...(size > maxAnnotationBytes ? [{ field, reason: "FieldValueTooLong" as const, message }] : []),
  ];
}

function validateOwners(owners: readonly OwnerReference[]): readonly FieldError[] {
  if (owners.length === 0) return none;
  const path = "metadata.ownerReferences";
  const [first, second] = owners.filter(({ controller }) => controller === true);
  return [
    ...owners.flatMap((owner, i) => validateOwner(owner, `${path}[${i}]`)),
    ...(first === undefined || second === undefined
      ? []
      : [
          invalid(
            path,
            owners,
            `Only one reference can have Controller set to true. Found "true" in references for ${first.kind}/${first.name} and ${second.kind}/${second.name}`,
          ),
        ]),
  ];
}

function validateOwner(owner: OwnerReference, path: string): readonly FieldError[] {
  const isEvent = owner.apiVersion === apiVersionOf({ group: "", version: "v1" }) && owner.kind === "Event";
  const { apiVersion = "" } = owner;
  const isMalformed = apiVersion.split("/").length > 2 || apiVersion.endsWith("/");
  return [
    ...(isMalformed ? [invalid(`${path}.apiVersion`, apiVersion, "must be <group>/<version> or <version>")] : []),
    ...(["apiVersion", "kind", "name", "uid"] as const)
      .filter((field) => !owner[field])
      .map((field) => required(`${path}.${field}`, "must not be empty")),
    ...(isEvent ? [invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner")] : []),
  ];
}

/** Finalizers that need no prefix. */
const standard: readonly string[] = ["kubernetes", "orphan", "foregroundDeletion"];

function validateFinalizers(finalizers: readonly string[]): readonly FieldError[] {
  if (finalizers.length === 0) return none;
  const path = "metadata.finalizers";
  const isBoth = finalizers.includes("orphan") && finalizers.includes("foregroundDeletion");
  return [
    ...finalizers.flatMap((each) => formatted(path, each, qualified)),
    ...(isBoth ? [invalid(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set")] : []),
  ];
}

/** What custom objects are warned of: new finalizers without a domain. */
export function finalizerWarnings(object: KubeObject, old: KubeObject | undefined): readonly string[] {
  const before = old?.metadata.finalizers ?? [];
  return (object.metadata.finalizers ?? [])
    .filter((each) => !each.includes("/") && !standard.includes(each) && !before.includes(each))
    .map(
      (each) =>
        `metadata.finalizers: ${JSON.stringify(each)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    );
}

/** What built-in kinds ask of finalizers beyond all others. */
export function validateStandardFinalizers({ metadata: { finalizers } }: KubeObject): readonly FieldError[] {
  if (finalizers === undefined) return none;
  return finalizers.flatMap((each, i) => standardFinalizer(`metadata.finalizers[${i}]`, each));
}

/** A finalizer of Kubernetes' own, or one that somebody's domain names. */
export function standardFinalizer(field: string, name: string): readonly FieldError[] {
  const isKnown = name.includes("/") || standard.includes(name);
  return isKnown ? [] : [invalid(field, name, "name is neither a standard finalizer name nor is it fully qualified")];
}

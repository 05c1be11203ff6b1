import {
  apiVersionOf,
  applyConfiguration,
  clientAppliedFields,
  convertBuiltin,
  decodeManagedFields,
  encodeManagedFields,
  type FieldSet,
  type FieldType,
  fieldPath,
  findKind,
  isConverted,
  isSameValue,
  type KubeObject,
  kubectlManager,
  type ManagedFields,
  managedAfterUpdate,
  parseApiVersion,
  type ResourceInfo,
  resourceType,
  StatusError,
  typedFaultsText,
  unionOfFields,
  type Writer,
  withLastApplied,
} from "@sallyport/kube";
import type { WriteContext } from "./context.ts";
import { outgoing } from "./encode.ts";
import { conflict } from "./faults.ts";
import { strategyFor, withStringData } from "./strategies.ts";

type Fields = { readonly [field: string]: unknown };

/** What of a write decides whose the changed fields are. */
type ManagedWrite = Pick<WriteContext, "info" | "subresource" | "fieldManager">;

/** The manager that an object without managed fields gets for what it holds, before the first configuration is applied. */
const beforeFirstApply = "before-first-apply";

/** An object with `managedFields` that tell what the writer changed. `live` is undefined for one that is created. */
export function withManagedFields(
  live: KubeObject | undefined,
  next: KubeObject,
  context: ManagedWrite,
  time: string,
): KubeObject {
  const { info, fieldManager } = context;
  const unmanaged = withoutManagers(next);
  if (fieldManager === undefined) return unmanaged;
  const known = managedBefore(live, next, context);
  const managed = convertible(known, info);
  const bare = info.resource === "secrets" ? withStringData(unmanaged) : unmanaged;
  if (known.size === 0 && live !== undefined) return bare;
  const before = live === undefined ? {} : outgoing(live, info);
  const writer = writerOf(fieldManager, "Update", context, time);
  return managedBy(bare, managedAfterUpdate(before, bare, resourceType(info), managed, writer));
}

function withoutManagers(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** The same for a write of the server's own: a change of nothing but the status goes by that subresource. */
export function managedDirectly(
  live: KubeObject | undefined,
  next: KubeObject,
  info: ResourceInfo,
  fieldManager: string | undefined,
  time: string,
): KubeObject {
  if (fieldManager === undefined) return next;
  const isStatus = live !== undefined && isSameValue({ ...live, status: next["status"] }, next);
  return withManagedFields(live, next, { info, subresource: isStatus ? "status" : "", fieldManager }, time);
}

/** The object with the entries of those who manage its fields. */
export function managedBy(object: KubeObject, managed: ManagedFields): KubeObject {
  if (managed.size === 0) return object;
  return { ...object, metadata: { ...object.metadata, managedFields: encodeManagedFields(managed) } };
}

/** What the request says, where it may and makes sense; else what the live object says. An empty list resets. */
function managedBefore(live: KubeObject | undefined, next: KubeObject, { subresource }: ManagedWrite): ManagedFields {
  const given = next.metadata.managedFields;
  if (subresource === "" && given !== undefined) {
    if (given.length === 0 || (given.length === 1 && Object.keys(given[0] as object).length === 0)) return new Map();
    const decoded = decodeManagedFields(given);
    if (decoded !== undefined && decoded.size > 0) return decoded;
  }
  return decodeManagedFields(live?.metadata.managedFields) ?? new Map();
}

/** Who wrote an event of core is forgotten by writes of events.k8s.io, which upstream has no internal version to convert from. */
function convertible(managed: ManagedFields, { group }: ResourceInfo): ManagedFields {
  if (group !== "events.k8s.io") return managed;
  return new Map([...managed].filter(([, { apiVersion }]) => parseApiVersion(apiVersion).group === group));
}

function writerOf(manager: string, operation: "Apply" | "Update", context: ManagedWrite, time: string): Writer {
  const { info, subresource } = context;
  return {
    id: { manager, operation, apiVersion: apiVersionOf(info), subresource },
    time,
    ignored: ignoredFields(context),
    inVersion: (value, apiVersion) => inVersion(value as Partial<KubeObject>, apiVersion, info),
  };
}

/** A built-in object in another version of its kind, where the fields differ. */
function inVersion(
  value: Partial<KubeObject>,
  apiVersion: string,
  info: ResourceInfo,
): { readonly value: unknown; readonly type: FieldType } | undefined {
  const { group, version } = parseApiVersion(apiVersion);
  const other = info.custom === undefined ? findKind(group, version, info.kind) : undefined;
  if (other === undefined || !isConverted(info.kind, apiVersion)) return undefined;
  const whole = { apiVersion: apiVersionOf(info), kind: info.kind, ...value, metadata: value.metadata ?? {} };
  return { value: convertBuiltin(whole as KubeObject, apiVersion), type: resourceType(other) };
}

/** Fields that a write by this way does not change: upstream's resetFields. */
function ignoredFields({ info, subresource }: ManagedWrite): FieldSet {
  const own = requestFields[info.resource === "certificatesigningrequests" ? subresource : "none"];
  if (own !== undefined) return own;
  if (subresource === "status") {
    const more = info.custom === undefined ? (statusOnly[info.resource] ?? {}) : fieldPath("metadata");
    return unionOfFields(fieldPath("spec"), more);
  }
  return strategyFor(info).hasStatus ? fieldPath("status") : {};
}

/** What of certificate requests is nobody's, by subresource: their contents never change. */
const requestFields: { readonly [subresource: string]: FieldSet } = {
  "": unionOfFields(fieldPath("spec"), fieldPath("status")),
  approval: unionOfFields(fieldPath("spec"), fieldPath("status", "certificate")),
  status: unionOfFields(fieldPath("spec"), fieldPath("status", "conditions")),
};

/** What some kinds' status strategies reset besides the spec. */
const statusOnly: { readonly [resource: string]: FieldSet } = {
  csinodes: fieldPath("metadata"),
  deployments: fieldPath("metadata", "labels"),
  devicetaintrules: fieldPath("metadata"),
  flowschemas: fieldPath("metadata"),
  prioritylevelconfigurations: fieldPath("metadata"),
  resourceclaims: fieldPath("metadata"),
  servicecidrs: fieldPath("metadata"),
  validatingadmissionpolicies: fieldPath("metadata"),
  volumeattachments: fieldPath("metadata"),
  podcertificaterequests: fieldPath("metadata"),
  storageversionmigrations: fieldPath("metadata"),
  pods: unionOfFields(fieldPath("metadata", "deletionTimestamp"), fieldPath("metadata", "ownerReferences")),
};

/** The live object, if there is one, with a configuration applied. Throws what upstream answers for configurations that are none. */
export function appliedTo(
  live: KubeObject | undefined,
  configuration: Fields,
  force: boolean,
  context: WriteContext,
  time: string,
): { readonly value: Fields; readonly managed: ManagedFields } {
  const { info, fieldManager = "" } = context;
  const type = resourceType(info);
  checkConfiguration(configuration, type, context);
  if (live === undefined) checkAbsent(configuration, context);
  const { managedFields, ...metadata } = live?.metadata ?? {};
  const bare: Fields = live === undefined ? {} : { ...outgoing(live, info), metadata: withoutVersion(metadata) };
  const before = convertible(decodeManagedFields(managedFields) ?? new Map(), info);
  const owned =
    before.size > 0 || live === undefined
      ? before
      : managedAfterUpdate({}, bare, type, before, writerOf(beforeFirstApply, "Update", context, time));
  const isKubectl = fieldManager === kubectlManager;
  const writer = {
    ...writerOf(fieldManager, "Apply", context, time),
    mayTake: isKubectl ? clientAppliedFields(bare, type) : {},
  };
  const { object, managed } = applyConfiguration(bare, configuration, type, owned, writer, force);
  return { value: isKubectl ? withLastApplied(object as Fields, configuration) : (object as Fields), managed };
}

/** The configuration alone says which version it is for. */
function withoutVersion({ resourceVersion: _, ...metadata }: Fields): Fields {
  return metadata;
}

function checkConfiguration(configuration: Fields, type: FieldType, { info }: WriteContext): void {
  const { apiVersion = "", kind = "" } = configuration as { readonly apiVersion?: string; readonly kind?: string };
  const given = gvkText(apiVersion, kind);
  if (apiVersion !== apiVersionOf(info) || kind !== info.kind)
    throw new StatusError("BadRequest", `invalid object type: ${given}`);
  const metadata = (configuration["metadata"] ?? {}) as Fields;
  if (metadata["managedFields"] !== undefined && metadata["managedFields"] !== null)
    throw new StatusError("BadRequest", "metadata.managedFields must be nil");
  const text = typedFaultsText(configuration, type);
  if (text === undefined) return;
  const { namespace = "", name = "" } = metadata;
  throw new StatusError(undefined, `failed to create typed patch object (${namespace}/${name}; ${given}): ${text}`);
}

/** Go's GroupVersionKind in print. */
function gvkText(apiVersion: string, kind: string): string {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  return `${group}/${version}, Kind=${kind}`;
}

function checkAbsent(configuration: Fields, { info, name }: WriteContext): void {
  const metadata = (configuration["metadata"] ?? {}) as { readonly uid?: string; readonly name?: string };
  if (metadata.uid)
    throw conflict(
      info,
      name,
      `uid mismatch: the provided object specified uid ${metadata.uid}, and no existing object was found`,
    );
  if (!metadata.name)
    throw new StatusError(
      "BadRequest",
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
}

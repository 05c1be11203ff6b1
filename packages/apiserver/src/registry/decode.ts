import {
  apiVersionOf,
  builtinResources,
  type CustomVersion,
  checkTypeMeta,
  conform,
  conformStruct,
  findKind,
  type GroupVersionKind,
  goPackageOf,
  invalid,
  invalidStatus,
  type KubeObject,
  parseApiVersion,
  podSecurityPolicyDefinition,
  type ResourceInfo,
  StatusError,
  unboundedNumber,
  writtenNumber,
} from "@sallyport/kube";
import { conformCustom } from "../custom/objects.ts";
import type { DecodedBody, WriteContext } from "./context.ts";
import { inStorageVersion, outgoing } from "./encode.ts";
import { elsewhere, notRegistered } from "./faults.ts";
import { tellStrictFaults } from "./strict-faults.ts";

/**
 * A body, or the `map` that a strategic merge has made, as an object of the resource that the URL names: kind, version, fields, name
 * and namespace agree with it, or it is refused.
 */
export function decodeObject(
  body: DecodedBody,
  context: WriteContext,
  source: "document" | "map" = "document",
): KubeObject {
  const { info } = context;
  const { value } = body;
  const apiVersion = apiVersionOf(info);
  // Custom objects say themselves what they are.
  const given =
    info.custom === undefined ? typed(value, { apiVersion, kind: info.kind }) : { apiVersion: "", ...value };
  // A patch may have put anything there.
  if (info.custom === undefined && source === "document") checkTypeMeta(given);
  checkType(given, info);
  const { object, unknown } = asWritten(body, info, () => conformTo(given, info, source));
  tellStrictFaults(body, unknown, context);
  // A field that is always empty, whatever is said.
  const { selfLink: _, ...said } = (object.metadata ?? {}) as KubeObject["metadata"] & { readonly selfLink?: string };
  const metadata = info.namespaced ? said : withoutNamespace(said);
  if (info.namespaced && metadata.namespace && metadata.namespace !== context.namespace) {
    throw elsewhere();
  }
  if (context.name !== "" && metadata.name && metadata.name !== context.name) {
    throw new StatusError(
      "BadRequest",
      `the name of the object (${metadata.name}) does not match the name on the URL (${context.name})`,
    );
  }
  const name = context.name === "" ? {} : { name: context.name };
  return {
    ...object,
    metadata: { ...metadata, ...name, ...resetOf(value), ...(info.namespaced ? { namespace: context.namespace } : {}) },
  };
}

/** Tells numbers of a wrong type as the body has them, and refuses what no field could hold. */
function asWritten<Found extends { readonly object: KubeObject }>(
  { json }: DecodedBody,
  { kind, version }: ResourceInfo,
  conformed: () => Found,
): Found {
  if (json === undefined) return conformed();
  const unbounded = unboundedNumber(json);
  try {
    const found = conformed();
    if (unbounded === undefined || !isUnbounded(found.object)) return found;
  } catch (error) {
    const [, shown] = (error instanceof StatusError && wrongNumber.exec(error.message)) || [];
    if (shown === undefined) throw error;
    const { reason, message = "" } = (error as StatusError).status;
    throw new StatusError(
      reason,
      message.replace(wrongNumber, () => `unmarshal number ${writtenNumber(json, shown)} into`),
    );
  }
  throw new StatusError(
    "BadRequest",
    `${kind} in version "${version}" cannot be handled as a ${kind}: json: cannot unmarshal number ${unbounded} into Go value of type float64`,
  );
}

/** Whether a number within a value is none that can be kept. */
function isUnbounded(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value === "number" && !Number.isFinite(value);
  return Object.values(value).some(isUnbounded);
}

const wrongNumber = /unmarshal number (\S+) into/;

/** What an object does not say of its type is the resource's. */
function typed(
  value: DecodedBody["value"],
  { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
): DecodedBody["value"] & { readonly apiVersion: unknown; readonly kind: unknown } {
  return { ...value, apiVersion: value["apiVersion"] || apiVersion, kind: value["kind"] || kind };
}

/** An object that lies in no namespace has forgotten whatever it says of one. */
function withoutNamespace({ namespace: _, ...metadata }: KubeObject["metadata"]): KubeObject["metadata"] {
  return metadata;
}

/** An empty list of managed fields says that they are to be forgotten, while other empty lists say nothing. */
function resetOf({ metadata }: DecodedBody["value"]): { readonly managedFields?: readonly [] } {
  const { managedFields } = (metadata ?? {}) as { readonly managedFields?: unknown };
  return Array.isArray(managedFields) && managedFields.length === 0 ? { managedFields: [] } : {};
}

/** An object of another kind or version than the URL's is refused. */
export function checkType(
  given: { readonly apiVersion: unknown; readonly kind?: unknown },
  info: Pick<ResourceInfo, "group" | "version" | "kind" | "custom">,
): void {
  const [apiVersion, kind, expected] = [String(given.apiVersion), String(given.kind), apiVersionOf(info)];
  if (apiVersion === expected && kind === info.kind) return;
  const { group, version } = parseApiVersion(apiVersion);
  const found = findKind(group, version, kind);
  const isOther = info.custom === undefined && (kind !== info.kind || found === undefined);
  if (isOther) {
    // What is read as another kind is wrong as that before it is of the wrong kind.
    const prefix = `${kind} in version "${version}" cannot be handled as a ${info.kind}: `;
    if (found?.schema !== undefined) conformStruct(given, found.schema, prefix);
    throw notConvertible({ group, version, kind }, found !== undefined, info);
  }
  if (apiVersion !== expected)
    throw new StatusError(
      "BadRequest",
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  throw wrongKind(given, info);
}

function notConvertible(given: GroupVersionKind, isServed: boolean, info: GroupVersionKind): StatusError {
  const { kind, version } = given;
  const isOptions = options.test(kind) && builtinResources.some((each) => isOfVersion(each, given));
  const isKnown = isServed || isOptions || (given.group === "extensions" && formerKinds.has(kind));
  const why = isKnown
    ? `converting (${isOptions ? "v1" : version}.${kind}) to (${goPackageOf(info.group)}.${info.kind}): unknown conversion`
    : notRegistered(kind, apiVersionOf(given));
  return new StatusError("BadRequest", `${kind} in version "${version}" cannot be handled as a ${info.kind}: ${why}`);
}

/** Kinds of the API's machinery, which every group has. */
const options = /^(Create|Delete|Get|List|Patch|Update)Options$/;

/** Kinds that kube-apiserver still knows in a group that it serves no more. */
const formerKinds: ReadonlySet<string> = new Set([
  "DaemonSet",
  "Deployment",
  "Ingress",
  "NetworkPolicy",
  "ReplicaSet",
  "Scale",
]);

function isOfVersion(known: GroupVersionKind, { group, version }: GroupVersionKind): boolean {
  return known.group === group && known.version === version;
}

/** kube-apiserver reads custom objects whatever they are, and looks at their kind when it validates them. */
function wrongKind(
  { kind: given, metadata }: { readonly kind?: unknown; readonly metadata?: unknown },
  { group, kind }: Pick<ResourceInfo, "group" | "kind">,
): StatusError {
  const { name = "" } = (metadata ?? {}) as { readonly name?: string };
  const errors = [invalid("kind", given, `must be ${kind}`)];
  return invalidStatus({ group, kind: String(given) }, name, errors);
}

/** A PodSecurityPolicy was built in: what a struct of Go cannot hold is refused before its schema is asked. */
function conformPolicy(
  { apiVersion, kind, ...given }: { readonly [field: string]: unknown },
  info: ResourceInfo,
  custom: CustomVersion,
  source: "document" | "map",
) {
  const { object, unknown } = conform(given, "io.k8s.api.policy.v1beta1.PodSecurityPolicy", info, source);
  return { object: conformCustom({ apiVersion, kind, ...(object as object) }, info, custom).object, unknown };
}

function conformTo(given: { readonly [field: string]: unknown }, info: ResourceInfo, source: "document" | "map") {
  if (info.custom?.definition === podSecurityPolicyDefinition) return conformPolicy(given, info, info.custom, source);
  if (info.custom !== undefined) return conformCustom(given, info, info.custom, source);
  if (info.schema === undefined) return { object: given as unknown as KubeObject, unknown: [] };
  const { object, unknown } = conform(given, info.schema, info, source);
  // What a version keeps in annotations is read at once: nothing else may stand there.
  return { object: outgoing(inStorageVersion(object, info), info), unknown };
}

import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  builtinResources,
  checkDepth,
  checkTypeMeta,
  findSchema,
  goPackageOf,
  invalid,
  invalidStatus,
  type KubeObject,
  type ResourceInfo,
  StatusError,
} from "@sallyport/kube";
import type { WriteContext } from "./context.ts";
import { elsewhere, notRegistered, unnamed } from "./faults.ts";
import { tellStrictFaults } from "./strict-faults.ts";

/** A patch by its content type. Throws `UnsupportedMediaType`, `BadRequest`, or `Invalid` when it does not apply. */
export function applyPatch(
  current: KubeObject,
  patch: unknown,
  type: string,
  info: ResourceInfo,
): { readonly [field: string]: unknown } {
  switch (type) {
    case "application/json-patch+json":
      return patchedByOperations(current, patch);
    case "application/merge-patch+json":
      return asObject(applyMergePatch(current, asObject(patch, "error decoding patch: ")));
    case "application/strategic-merge-patch+json": {
      if (info.custom !== undefined) throw unsupportedPatch(type, customPatches);
      const schema = info.schema === undefined ? undefined : findSchema(info.schema);
      if (schema === undefined) throw unsupportedPatch(type);
      const { apiVersion, kind } = current;
      return { ...applyStrategicMergePatch(current, asObject(patch), schema), apiVersion, kind };
    }
    default:
      throw unsupportedPatch(type);
  }
}

const builtinPatches = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
];

/** RFC 6902, with kube-apiserver's only words for what does not apply. */
function patchedByOperations(current: KubeObject, patch: unknown): { readonly [field: string]: unknown } {
  try {
    const patched = applyJsonPatch(current, patch);
    checkDepth(patched);
    return patched;
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.reason !== "Invalid") throw error;
    throw new StatusError("Invalid", "the server rejected our request due to an error in our request", {});
  }
}

function asObject(value: unknown, prefix = ""): { readonly [field: string]: unknown } {
  if (value === null && prefix === "") return {};
  if (value === null) throw new StatusError("BadRequest", "Invalid JSON Patch");
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as { readonly [field: string]: unknown };
  const got = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  throw new StatusError(
    "BadRequest",
    `${prefix}json: cannot unmarshal ${got} into Go value of type map[string]interface {}`,
  );
}

type Fields = { readonly [field: string]: unknown };

/** Kinds with free JSON in them, which is kept as the text that a patch has made of it. */
const holdsJson: ReadonlySet<string> = new Set([
  "ControllerRevision",
  "DeviceClass",
  "ResourceClaim",
  "ResourceClaimTemplate",
]);

/** Holds what a JSON patch or a merge patch has made against its type: `shown` is its text, of which the first fault is told. */
export function decodePatchedText(
  patched: Fields,
  shown: () => string,
  { kind }: Pick<ResourceInfo, "kind">,
  decode: (value: Fields) => KubeObject,
): KubeObject {
  const read = () => decode(JSON.parse(shown()) as Fields);
  if (holdsJson.has(kind)) return decodePatched(shown, read);
  try {
    return decode(patched);
  } catch (error) {
    // Anything else stays as it is.
    whyNotDecoded(error);
    return decodePatched(shown, read);
  }
}

/** Holds a patched object, `shown` in refusals, against its type by `decode`: what fails is the patch's fault. */
export function decodePatched(shown: () => string, decode: () => KubeObject): KubeObject {
  try {
    return decode();
  } catch (error) {
    const why = whyNotDecoded(error);
    const message = `Invalid value: ${JSON.stringify(shown())}: ${why}`;
    const causes = [{ reason: "FieldValueInvalid", message, field: "patch" }];
    throw new StatusError("Invalid", ` "" is invalid: patch: ${message}`, { causes });
  }
}

/**
 * Throws `BadRequest` for a patched object without a version: kube-apiserver reads it as one of its own, in which no field has the name
 * that it has in the API, and so it has no name.
 */
export function checkVersioned(value: Fields, context: WriteContext): void {
  if (value["apiVersion"] || context.info.custom !== undefined) return;
  checkTypeMeta(value);
  checkInternalKind(value["kind"] || context.info.kind, context.info);
  const names = Object.keys(value).filter((name) => name !== "apiVersion" && name !== "kind");
  const unknown = names.map((name) => `unknown field ${JSON.stringify(name)}`);
  tellStrictFaults({ value, strictErrors: [] }, unknown, context);
  throw unnamed(context.name);
}

function checkInternalKind(given: unknown, { group, kind }: ResourceInfo): void {
  if (given === kind) return;
  const isKnown = builtinResources.some((each) => each.group === group && each.kind === given);
  const why = isKnown
    ? `converting (${goPackageOf(group)}.${given}) to (${goPackageOf(group)}.${kind}): unknown conversion`
    : notRegistered(String(given), { group });
  throw new StatusError("BadRequest", `${given} in version "" cannot be handled as a ${kind}: ${why}`);
}

/** The same for an object to which a configuration was applied. */
export function decodeApplied(
  { metadata }: { readonly metadata?: unknown },
  { info }: WriteContext,
  decode: () => KubeObject,
): KubeObject {
  try {
    return decode();
  } catch (error) {
    const why = whyNotDecoded(error);
    const { namespace = "", name = "" } = (metadata ?? {}) as { readonly namespace?: string; readonly name?: string };
    const type = `${info.group}/${info.version}, Kind=${info.kind}`;
    throw new StatusError(
      undefined,
      `failed to convert new object (${namespace}/${name}; ${type}) to proper version: unable to convert unstructured object to ${type}: ${why}`,
    );
  }
}

/** What is behind the words for a body of a wrong type. */
const decodingFault = /^\S+ in version "[^"]*" cannot be handled as a \S+: (.*)$/s;

/** Why a value is not of its type. Throws all else again. */
function whyNotDecoded(error: unknown): string {
  const message = error instanceof StatusError ? (error.status.message ?? "") : "";
  const why = message.startsWith("couldn't get version/kind") ? message : decodingFault.exec(message)?.[1];
  if (why === undefined) throw error;
  return why;
}

/** Throws `BadRequest` for an object that has lost its name. */
export function checkNamed(patched: Partial<KubeObject>, { name }: WriteContext): void {
  if (!patched.metadata?.name) throw unnamed(name);
}

/** An object keeps its name and its uid. */
export function checkIdentity(patched: KubeObject, current: KubeObject, context: WriteContext): void {
  checkNamed(patched, context);
  const { info, name } = context;
  const { uid } = patched.metadata;
  if (uid && uid !== current.metadata.uid) throw immutable(info, name, { uid });
}

const twice: ReadonlySet<string> = new Set(["apiextensions.k8s.io", "apiregistration.k8s.io"]);

/** The fields of metadata that are not to be changed, with what they were changed to. */
function immutable(
  { group, kind, custom }: WriteContext["info"],
  name: string,
  fields: { readonly [field: string]: unknown },
): StatusError {
  const errors = Object.entries(fields).map(([field, value]) =>
    invalid(`metadata.${field}`, value, "field is immutable"),
  );
  const { status } = invalidStatus({ group, kind }, name, errors);
  // Servers of their own within kube-apiserver look twice.
  const causes = (status.details?.causes ?? []).flatMap((each) =>
    twice.has(group) || custom !== undefined ? [each, each] : [each],
  );
  return new StatusError("Invalid", status.message ?? "", { ...status.details, causes });
}

/** Nor does admission give it another name, uid or place. A custom object's status alone is taken of what admission answers. */
export function checkUnmoved(
  { metadata }: KubeObject,
  { metadata: before }: KubeObject,
  { info, subresource }: WriteContext,
): void {
  if (info.namespaced && metadata.namespace !== before.namespace) throw elsewhere();
  if (info.custom !== undefined && subresource === "status") return;
  const { name = "", uid } = metadata;
  const changed = {
    ...(name === before.name ? {} : { name }),
    ...(!uid || uid === before.uid ? {} : { uid }),
  };
  if (Object.keys(changed).length > 0) throw immutable(info, name, changed);
}

/** Custom objects have no Go structs, whose tags the strategic merge goes by. */
const customPatches = ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"];

function unsupportedPatch(type: string, supported: readonly string[] = builtinPatches): StatusError {
  return new StatusError(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${supported.join(", ")}${supported === builtinPatches ? ` (got ${type})` : ""}`,
  );
}

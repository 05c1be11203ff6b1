import {
  type KubeObject,
  qualifiedResource,
  type ResourceInfo,
  type StatusDetails,
  StatusError,
} from "@sallyport/kube";
import type { WriteContext } from "./context.ts";
import { keyOf, storageGroup } from "./keys.ts";

type Place = Pick<ResourceInfo, "group" | "resource">;

function detailsOf({ group, resource }: Place, name: string): StatusDetails {
  return { name, ...(group === "" ? {} : { group }), kind: resource };
}

export function notFound({ group, resource }: Place, name: string): StatusError {
  // kube-apiserver speaks of this one alone in the singular.
  const place = { group, resource: group === "" && resource === "componentstatuses" ? "componentstatus" : resource };
  return new StatusError("NotFound", `${qualifiedResource(place)} "${name}" not found`, detailsOf(place, name));
}

/** What can be read is deleted in no unsafe way. */
export function decodable({ info, namespace, name }: Pick<WriteContext, "info" | "namespace" | "name">): StatusError {
  const key = keyOf(info.group, info.resource, namespace, name);
  return conflict(
    info,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: unsafe deletion is not allowed because the object is decodable from storage`,
  );
}

/** An object is sent to one namespace and says that it lies in another. */
export function elsewhere(): StatusError {
  return new StatusError(
    "BadRequest",
    "the namespace of the provided object does not match the namespace sent on the request",
  );
}

/** Of one that has a base for its name, too, another try may end otherwise. */
export function alreadyExists(info: Place, { metadata }: KubeObject, isGoing = false): StatusError {
  const { name = "", generateName } = metadata;
  const message = `${isGoing ? "object is being deleted: " : ""}${qualifiedResource(info)} "${name}" already exists`;
  if (!generateName) return new StatusError("AlreadyExists", message, detailsOf(info, name));
  const why = "the server was not able to generate a unique name for the object";
  return new StatusError("AlreadyExists", `${message}, ${why}`, { ...detailsOf(info, name), retryAfterSeconds: 1 });
}

/** Somebody was faster. `why` is said in place of the usual advice. */
export function conflict(
  info: Place,
  name: string,
  why = "the object has been modified; please apply your changes to the latest version and try again",
): StatusError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(info)} "${name}": ${why}`;
  return new StatusError("Conflict", message, detailsOf(info, name));
}

/** An update of a kind whose updates must name the version that they are of. */
export function unversioned(info: Place, name: string): StatusError {
  const cause = {
    reason: "FieldValueInvalid",
    message: "Invalid value: 0: must be specified for an update",
    field: "metadata.resourceVersion",
  };
  return new StatusError(
    "Invalid",
    `${qualifiedResource(info)} "${name}" is invalid: ${cause.field}: ${cause.message}`,
    {
      ...detailsOf(info, name),
      causes: [cause],
    },
  );
}

/** A write of an object which is not the one that is there; upstream's store says so, with the key as it has it. */
export function failedPrecondition(info: Place, { metadata }: KubeObject, uid: string): StatusError {
  const { name = "", namespace = "" } = metadata;
  const key = keyOf(storageGroup(info.group, info.resource), info.resource, namespace, name);
  const fault = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`;
  return conflict(
    info,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${fault}`,
  );
}

/** A deletion of an object that is not the one that is there, or no longer as it was. */
export function failedDeletion(
  { group, kind, resource }: ResourceInfo,
  name: string,
  field: "UID" | "ResourceVersion",
  wanted: string,
  found: string | undefined,
): StatusError {
  // Namespaces look for themselves, before their store does.
  if (group === "" && resource === "namespaces")
    return conflict(
      { group, resource },
      name,
      `Precondition failed: ${field} in precondition: ${wanted}, ${field} in object meta: ${found}`,
    );
  const why = field === "UID" ? "deleted and then recreated" : "modified";
  const text = `the ${field} in the precondition (${wanted}) does not match the ${field} in record (${found}). The object might have been ${why}`;
  const message = `Operation cannot be fulfilled on ${qualifiedResource({ group, resource: kind })} "${name}": ${text}`;
  return new StatusError("Conflict", message, { ...detailsOf({ group, resource }, name), kind });
}

/** The store fails to read such a version, upstream, and says no reason. */
export function malformedVersion(version: string, why: "invalid syntax" | "value out of range"): StatusError {
  return new StatusError(undefined, `strconv.ParseUint: parsing ${JSON.stringify(version)}: ${why}`);
}

/** A new object that says of which version it is; upstream's store refuses it, and says no reason. */
/** What must stay. */
export function undeletable(info: Place, name: string, why: string): StatusError {
  const message = `${qualifiedResource(info)} ${JSON.stringify(name)} is forbidden: ${why}`;
  return new StatusError("Forbidden", message, detailsOf(info, name));
}

export function versionedCreation(): StatusError {
  return new StatusError(undefined, "resourceVersion should not be set on objects to be created");
}

/** An update whose body, or whose URL, does not say which object it is. */
export function unnamed(name: string): StatusError {
  if (name === "") return new StatusError("BadRequest", "name must be provided");
  return new StatusError(
    "BadRequest",
    `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
  );
}

/** What upstream's scheme says of a kind that it does not know, in a version or among a group's types of its own. */
export function notRegistered(kind: string, where: string | { readonly group: string }): string {
  const place =
    typeof where === "string"
      ? `version ${JSON.stringify(where)}`
      : `the internal version of group ${JSON.stringify(where.group)}`;
  return `no kind ${JSON.stringify(kind)} is registered for ${place} in scheme "pkg/runtime/scheme.go:111"`;
}

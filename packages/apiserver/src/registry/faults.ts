import { qualifiedResource, type ResourceInfo, type StatusDetails, StatusError } from "@sallyport/kube";

type Place = Pick<ResourceInfo, "group" | "resource">;

function detailsOf({ group, resource }: Place, name: string): StatusDetails {
  return { name, ...(group === "" ? {} : { group }), kind: resource };
}

export function notFound(info: Place, name: string): StatusError {
  return new StatusError("NotFound", `${qualifiedResource(info)} "${name}" not found`, detailsOf(info, name));
}

export function alreadyExists(info: Place, name: string): StatusError {
  return new StatusError("AlreadyExists", `${qualifiedResource(info)} "${name}" already exists`, detailsOf(info, name));
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

/** A write that asks for an object which is not the one that is there. */
export function failedPrecondition(
  info: Place,
  name: string,
  field: "UID" | "ResourceVersion",
  wanted: string,
  found: string | undefined,
): StatusError {
  return conflict(
    info,
    name,
    `Precondition failed: ${field} in precondition: ${wanted}, ${field} in object meta: ${found}`,
  );
}

/** What upstream's scheme says of a kind that it does not know. */
export function notRegistered(kind: string, apiVersion: string): string {
  return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`;
}

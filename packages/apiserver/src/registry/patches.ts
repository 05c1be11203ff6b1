import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  findSchema,
  type KubeObject,
  type ResourceInfo,
  StatusError,
} from "@sallyport/kube";

/** A patch by its content type. Throws `UnsupportedMediaType`, `BadRequest`, or `Invalid` when it does not apply. */
export function applyPatch(
  current: KubeObject,
  patch: unknown,
  type: string,
  info: ResourceInfo,
): { readonly [field: string]: unknown } {
  switch (type) {
    case "application/json-patch+json":
      return applyJsonPatch(current, patch);
    case "application/merge-patch+json":
      return asObject(applyMergePatch(current, patch));
    case "application/strategic-merge-patch+json": {
      const schema = info.schema === undefined ? undefined : findSchema(info.schema);
      if (schema === undefined) throw unsupportedPatch(type);
      return applyStrategicMergePatch(current, asObject(patch), schema);
    }
    default:
      throw unsupportedPatch(type);
  }
}

function asObject(value: unknown): { readonly [field: string]: unknown } {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as { readonly [field: string]: unknown };
  throw new StatusError(
    "BadRequest",
    "error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}",
  );
}

function unsupportedPatch(type: string): StatusError {
  const supported = [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
  ];
  return new StatusError(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${supported.join(", ")} (got ${type})`,
  );
}

import { type KubeObject, parseYamlFields, StatusError } from "@sallyport/kube";
import { attributesOf, demand } from "../authorization/attributes.ts";
import type { DecodedBody, WriteContext } from "../registry/context.ts";
import type { Call, HandlerOptions } from "./call.ts";

/** Server-side apply's own media type; its CBOR form is not served, as kube-apiserver does not by default. */
export const applyPatchType = "application/apply-patch+yaml";

const patchTypes = new Set([
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  applyPatchType,
]);

/** Changes the object that the URL names by the patch in the body, of any type; `created` when an applied one was not there. */
export async function patchObject(
  call: Call,
  context: WriteContext,
  bytes: Buffer,
  type: string,
  { registry, authorizer }: HandlerOptions,
): Promise<{ readonly object: KubeObject; readonly created: boolean }> {
  checkPatchOptions(call.query, type);
  if (type !== applyPatchType)
    return { object: await registry.patch(parsePatch(bytes), type, context), created: false };
  const mayCreate = () => demand(authorizer, attributesOf(call.user, { ...call.info, verb: "create" }, call.query));
  return registry.apply(parseConfiguration(bytes, context), isForced(call.query), context, mayCreate);
}

/** meta.k8s.io/v1 PatchOptions, as far as they are for one type of patch only. */
export function checkPatchOptions(query: URLSearchParams, type: string): void {
  if (!patchTypes.has(type)) throw new StatusError("UnsupportedMediaType", "415: Unsupported Media Type", {});
  const isApply = type === applyPatchType;
  if (isApply && !query.get("fieldManager"))
    throw invalidOption("fieldManager", "FieldValueRequired", "Required value: is required for apply patch");
  if (!isApply && query.has("force"))
    throw invalidOption("force", "FieldValueForbidden", "Forbidden: may not be specified for non-apply patch");
}

function invalidOption(field: string, reason: string, message: string): StatusError {
  const details = { group: "meta.k8s.io", kind: "PatchOptions", causes: [{ reason, message, field }] };
  return new StatusError("Invalid", `PatchOptions.meta.k8s.io "" is invalid: ${field}: ${message}`, details);
}

/** Every value but `false` and `0` is true, as apimachinery reads query parameters. */
export function isForced(query: URLSearchParams): boolean {
  const force = query.get("force");
  return force !== null && !["false", "0"].includes(force.toLowerCase());
}

/** A configuration to apply, in YAML or JSON. Throws `BadRequest`. */
export function parseConfiguration(bytes: Buffer, { fieldValidation, warn }: WriteContext): DecodedBody["value"] {
  const { value, duplicates } = parseYamlFields(bytes.toString("utf8"));
  if (duplicates.length === 0 || fieldValidation === "Ignore") return value;
  const text = `error converting YAML to JSON: yaml: unmarshal errors:\n${duplicates.map((each) => `  ${each}`).join("\n")}`;
  if (fieldValidation === "Strict") throw new StatusError("BadRequest", `error strict decoding YAML: ${text}`);
  warn(`error strict decoding YAML: ${text}`);
  return value;
}

/** A patch, which is JSON. Throws `BadRequest`. */
export function parsePatch(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8")) as unknown;
  } catch (error) {
    throw new StatusError("BadRequest", `error decoding patch: ${(error as Error).message}`);
  }
}

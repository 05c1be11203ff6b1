import {
  checkDepth,
  type KubeObject,
  parseYamlFields,
  StatusError,
  unboundedNumber,
  unmarshalErrors,
} from "@sallyport/kube";
import { attributesOf, demand } from "../authorization/attributes.ts";
import type { DecodedBody, WriteContext } from "../registry/context.ts";
import type { Call, HandlerOptions } from "./call.ts";
import { applyPatchType, isTrue } from "./options.ts";

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
  options: HandlerOptions,
): Promise<{ readonly object: KubeObject; readonly created: boolean }> {
  checkPatchType(type);
  if (type !== applyPatchType)
    return { object: await options.registry.patch(parsePatch(bytes, type), type, context), created: false };
  const configuration = parseConfiguration(bytes, context);
  return options.registry.apply(configuration, isForced(call.query), context, () => mayCreate(call, options));
}

/** Who may change an object may not make one therefore. Throws `Forbidden`. */
export async function mayCreate({ user, info, query }: Call, { authorizer }: HandlerOptions): Promise<void> {
  await demand(authorizer, attributesOf(user, { ...info, verb: "create" }, query));
}

export function isPatchType(type: string): boolean {
  return patchTypes.has(type);
}

/** Throws `UnsupportedMediaType`. */
export function checkPatchType(type: string): void {
  if (!isPatchType(type)) throw new StatusError("UnsupportedMediaType", "415: Unsupported Media Type", {});
}

export function isForced(query: URLSearchParams): boolean {
  const force = query.get("force");
  return force !== null && isTrue(force);
}

/** A configuration to apply, in YAML or JSON. Throws `BadRequest`. */
export function parseConfiguration(bytes: Buffer, { fieldValidation, warn }: WriteContext): DecodedBody["value"] {
  const { value, duplicates } = parseYamlFields(bytes.toString("utf8"));
  if (duplicates.length === 0 || fieldValidation === "Ignore") return value;
  const text = `error converting YAML to JSON: ${unmarshalErrors(duplicates)}`;
  if (fieldValidation === "Strict") throw new StatusError("BadRequest", `error strict decoding YAML: ${text}`);
  warn(`error strict decoding YAML: ${text}`);
  return value;
}

/** A patch, which is JSON, of a content type. Throws `BadRequest`. */
export function parsePatch(bytes: Buffer, type: string): unknown {
  const text = bytes.toString("utf8");
  const patch = parsed(text);
  checkDepth(patch);
  const unbounded = unboundedNumber(text);
  if (unbounded === undefined) return patch;
  const place = type === "application/json-patch+json" ? "struct field jsonPatchOp.value" : "value";
  const prefix = type === "application/strategic-merge-patch+json" ? "" : "error decoding patch: ";
  const why = `json: cannot unmarshal number ${unbounded} into Go ${place} of type float64`;
  throw new StatusError("BadRequest", prefix + why);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new StatusError("BadRequest", "invalid JSON patch");
  }
}

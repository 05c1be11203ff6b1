import { parseDocument } from "yaml";
import type { KubeObject } from "./object.ts";
import { isIntOrString, isOpaque, resolveSchema, type Schema } from "./schema.ts";
import { StatusError } from "./status.ts";

/** Deeper objects are refused before any recursion over them. Upstream's JSON decoder stops at 10,000; no object needs 1,000. */
const maxDepth = 1000;

export interface Decoded {
  readonly value: { readonly [field: string]: unknown };
  /** Paths that no field has, and fields that stand twice, in kube-apiserver's words. */
  readonly strictErrors: readonly string[];
}

/** Reads JSON or YAML text into an object. Throws `BadRequest` for what is neither. */
export function parseBody(text: string, format: "json" | "yaml"): Decoded {
  const parsed = format === "json" ? parseJsonBody(text) : parseYamlBody(text);
  const { value } = parsed;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new StatusError(
      "BadRequest",
      "couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct",
    );
  }
  checkDepth(value, 0);
  return parsed as Decoded;
}

function parseJsonBody(text: string): { value: unknown; strictErrors: readonly string[] } {
  try {
    const value: unknown = JSON.parse(text);
    return { value, strictErrors: duplicateKeys(text) };
  } catch (error) {
    throw new StatusError("BadRequest", `couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

function parseYamlBody(text: string): { value: unknown; strictErrors: readonly string[] } {
  const document = parseDocument(text, { strict: false, uniqueKeys: false, merge: true });
  const fault = document.errors[0];
  if (fault !== undefined) throw new StatusError("BadRequest", `yaml: ${fault.message.split("\n")[0]}`);
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) as unknown, strictErrors: [] };
  } catch (error) {
    throw new StatusError("BadRequest", `yaml: ${(error as Error).message}`);
  }
}

function checkDepth(value: unknown, depth: number): void {
  if (depth > maxDepth) throw new StatusError("BadRequest", `exceeded max depth of ${maxDepth}`);
  if (typeof value !== "object" || value === null) return;
  for (const each of Object.values(value)) checkDepth(each, depth + 1);
}

/** Keys that stand twice in one object: JSON.parse hides them, the API server does not. */
function duplicateKeys(text: string): readonly string[] {
  const found: string[] = [];
  const stack: { keys: Set<string> | undefined; path: string; name: string; index: number }[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\],]/g)) {
    const top = stack.at(-1);
    if (token === "{" || token === "[") {
      const path = top === undefined ? "" : childPath(top);
      stack.push({ keys: token === "{" ? new Set() : undefined, path, name: "", index: 0 });
    } else if (token === "}" || token === "]") stack.pop();
    else if (token === ",") {
      if (top !== undefined) top.index++;
    } else if (token.endsWith(":") && top?.keys !== undefined) {
      top.name = JSON.parse(token.slice(0, -1).trimEnd()) as string;
      if (top.keys.has(top.name)) found.push(`duplicate field "${childPath(top)}"`);
      top.keys.add(top.name);
    }
  }
  return found;
}

function childPath(top: { keys: Set<string> | undefined; path: string; name: string; index: number }): string {
  if (top.keys === undefined) return `${top.path}[${top.index}]`;
  return top.path === "" ? top.name : `${top.path}.${top.name}`;
}

/**
 * Holds an object against its schema: values of a wrong type are a `BadRequest`, unknown fields are answered and dropped, as
 * decoding into Go's structs does.
 */
export function conform(
  value: { readonly [field: string]: unknown },
  schema: Schema,
  kind: string,
): { object: KubeObject; unknown: readonly string[] } {
  const unknown: string[] = [];
  const object = conformValue(value, schema, "", { kind, unknown }) as KubeObject;
  return { object, unknown };
}

interface Context {
  readonly kind: string;
  readonly unknown: string[];
}

function conformValue(value: unknown, schema: Schema, path: string, context: Context): unknown {
  if (value === null || isOpaque(schema)) return value;
  if (isIntOrString(schema)) {
    if (typeof value !== "string" && !Number.isInteger(value))
      throw mismatch(value, path, "intstr.IntOrString", context);
    return value;
  }
  const resolved = resolveSchema(schema) as Schema;
  if (resolved.f === "quantity" || schema.r?.endsWith(".Quantity") === true) {
    if (typeof value !== "string" && typeof value !== "number")
      throw mismatch(value, path, "resource.Quantity", context);
    return String(value);
  }
  if (resolved.p !== undefined) return conformFields(value, resolved.p, path, context);
  switch (resolved.t) {
    case "array":
      if (!Array.isArray(value)) throw mismatch(value, path, "slice", context);
      return value.map((item, i) => conformValue(item, resolved.i ?? {}, `${path}[${i}]`, context));
    case "object":
      if (!isRecord(value)) throw mismatch(value, path, "map", context);
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          conformValue(item, resolved.v ?? {}, join(path, key), context),
        ]),
      );
    case "string":
      if (typeof value !== "string") throw mismatch(value, path, "string", context);
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw mismatch(value, path, "bool", context);
      return value;
    case "integer":
      if (typeof value !== "number" || !Number.isInteger(value))
        throw mismatch(value, path, resolved.f ?? "int64", context);
      return value;
    case "number":
      if (typeof value !== "number") throw mismatch(value, path, "float64", context);
      return value;
    default:
      return value;
  }
}

/** Fields that are null are absent, as Go's decoder leaves them. */
function conformFields(
  value: unknown,
  fields: { readonly [field: string]: Schema },
  path: string,
  context: Context,
): unknown {
  if (!isRecord(value)) throw mismatch(value, path, "struct", context);
  const result: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) context.unknown.push(`unknown field "${join(path, name)}"`);
    else if (item !== null) result.push([name, conformValue(item, field, join(path, name), context)]);
  }
  return Object.fromEntries(result);
}

function mismatch(value: unknown, path: string, wanted: string, { kind }: Context): StatusError {
  const got = Array.isArray(value)
    ? "array"
    : isRecord(value)
      ? "object"
      : typeof value === "boolean"
        ? "bool"
        : typeof value;
  const message = `${kind} in version cannot be handled as a ${kind}: json: cannot unmarshal ${got} into Go struct field ${kind}.${path} of type ${wanted}`;
  return new StatusError("BadRequest", message);
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

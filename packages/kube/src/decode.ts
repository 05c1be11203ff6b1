import { parseDocument } from "yaml";
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

/** How many keys a value has, all in all. */
function countKeys(value: unknown, depth: number): number {
  if (typeof value !== "object" || value === null || depth > maxDepth) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + countKeys(each, depth + 1), 0);
  let count = 0;
  for (const key in value) count += 1 + countKeys((value as Decoded["value"])[key], depth + 1);
  return count;
}

/** How many keys stand in a JSON text: strings before a colon. */
function countWrittenKeys(text: string): number {
  let count = 0;
  for (let start = text.indexOf('"'); start >= 0; ) {
    let end = text.indexOf('"', start + 1);
    while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
    let next = end + 1;
    while (next < text.length && text.charCodeAt(next) <= 0x20) next++;
    if (text.charCodeAt(next) === 0x3a) count++;
    start = text.indexOf('"', next);
  }
  return count;
}

/** Whether an odd number of backslashes stands before. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text.charCodeAt(first - 1) === 0x5c) first--;
  return (at - first) % 2 === 1;
}

function parseJsonBody(text: string): { value: unknown; strictErrors: readonly string[] } {
  try {
    const value: unknown = JSON.parse(text);
    // Counting is quick, and nearly all bodies have no key twice.
    return { value, strictErrors: countKeys(value, 0) === countWrittenKeys(text) ? [] : duplicateKeys(text) };
  } catch (error) {
    throw new StatusError("BadRequest", `couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

function parseYamlBody(text: string): { value: unknown; strictErrors: readonly string[] } {
  const document = parseDocument(text, { strict: false, uniqueKeys: false, merge: true });
  const fault = document.errors[0];
  if (fault !== undefined) throw new StatusError("BadRequest", `yaml: ${fault.message.split("\n")[0]}`);
  return { value: yamlValue(document), strictErrors: [] };
}

/** YAML of server-side apply, with the keys that stand twice in the words of Go's yaml. Throws `BadRequest`. */
export function parseYamlFields(text: string): {
  readonly value: Decoded["value"];
  readonly duplicates: readonly string[];
} {
  const refuse = (why: string) => new StatusError("BadRequest", `error decoding YAML: ${why}`);
  const document = parseDocument(text, { strict: false, uniqueKeys: true, merge: true });
  const fault = document.errors.find(({ code }) => code !== "DUPLICATE_KEY");
  if (fault !== undefined) throw refuse(`error converting YAML to JSON: yaml: ${fault.message.split("\n")[0]}`);
  const value: unknown = yamlValue(document);
  if (!isRecord(value)) {
    const got = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    const where = "error unmarshaling JSON: while decoding JSON: json:";
    throw refuse(`${where} cannot unmarshal ${got} into Go value of type map[string]interface {}`);
  }
  checkDepth(value, 0);
  const duplicates = document.errors.map(({ pos, linePos }) => {
    const key = /^(?:"((?:[^"\\]|\\.)*)"|([^:\s]*))/.exec(text.slice(pos[0]));
    return `line ${linePos?.[0].line ?? 1}: key ${JSON.stringify(key?.[1] ?? key?.[2] ?? "")} already set in map`;
  });
  return { value, duplicates };
}

function yamlValue(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
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

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

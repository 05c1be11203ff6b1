import { type Document, isScalar, parseDocument, visit } from "yaml";
import { unboundedNumber } from "./go/json-numbers.ts";
import { jsonSyntaxFault } from "./go/json-syntax.ts";
import { goYaml } from "./go/yaml-scalars.ts";
import { StatusError } from "./status.ts";
import { yamlFault } from "./yaml-faults.ts";

/** Deeper objects are refused before any recursion over them. Upstream's JSON decoder stops at 10,000; no object needs 1,000. */
const maxDepth = 1000;

export interface Decoded {
  readonly value: { readonly [field: string]: unknown };
  /** Fields that stand twice, in kube-apiserver's words. */
  readonly strictErrors: readonly string[];
  /** How these are told in one text, where they are not one after the other. */
  readonly strictText?: string;
  /** Paths of all keys in their order, where some stand twice. */
  readonly keys?: readonly string[];
  /** The JSON that it was read from: numbers are told as they are written there. */
  readonly json?: string;
}

/** Reads JSON or YAML into an object; nothing is an empty one. Throws `BadRequest` for what is neither. */
export function parseBody(bytes: Uint8Array, format: "json" | "yaml"): Decoded {
  const { value, ...told } = format === "json" ? parseJsonBody(bytes) : parseYamlBody(bytes);
  const object = value ?? {};
  if (!isRecord(object)) {
    const type = `struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`;
    throw typeFault(`json: cannot unmarshal ${typeOf(object)} into Go value of type ${type}`);
  }
  checkTypeMeta(object);
  checkDepth(object);
  return { value: object, ...told };
}

/** Throws `BadRequest` where what says the type of an object is no text. */
export function checkTypeMeta(object: Decoded["value"]): void {
  for (const name of ["apiVersion", "kind"]) {
    const given = object[name] ?? "";
    if (typeof given !== "string")
      throw typeFault(`json: cannot unmarshal ${typeOf(given)} into Go struct field .${name} of type string`);
    if (name === "apiVersion" && given.split("/").length > 2)
      throw new StatusError("BadRequest", `unexpected GroupVersion string: ${given}`);
  }
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

function typeFault(why: string): StatusError {
  return new StatusError("BadRequest", `couldn't get version/kind; json parse error: ${why}`);
}

/** As Go's decoder names what it found. */
function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

interface Parsed extends Omit<Decoded, "value"> {
  readonly value: unknown;
}

/** A mark of byte order is no JSON. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const yamlDecoder = new TextDecoder();

function parseJsonBody(bytes: Uint8Array): Parsed {
  const text = decoder.decode(bytes);
  try {
    const value: unknown = JSON.parse(text);
    // Counting is quick, and nearly all bodies have no key twice.
    return countKeys(value, 0) === countWrittenKeys(text)
      ? { value, strictErrors: [], json: text }
      : { value, ...duplicateKeys(text), json: text };
  } catch {
    throw typeFault(jsonSyntaxFault(bytes));
  }
}

function parseYamlBody(bytes: Uint8Array): Parsed {
  const { value, duplicates } = readYaml(yamlDecoder.decode(bytes), "yaml: ");
  if (duplicates.length === 0) return { value, strictErrors: [] };
  return { value, strictErrors: duplicates, strictText: unmarshalErrors(duplicates) };
}

/** Faults of a document, as Go's yaml tells all of them. */
export function unmarshalErrors(faults: readonly string[]): string {
  return `yaml: unmarshal errors:\n${faults.map((each) => `  ${each}`).join("\n")}`;
}

/** YAML of server-side apply, with the keys that stand twice in the words of Go's yaml. Throws `BadRequest`. */
export function parseYamlFields(text: string): {
  readonly value: Decoded["value"];
  readonly duplicates: readonly string[];
} {
  const { value, duplicates } = readYaml(text, "error encoding patch: yaml: ");
  const object = value ?? {};
  if (!isRecord(object)) {
    const where = "error decoding patch: error unmarshaling JSON: while decoding JSON: json:";
    const why = `cannot unmarshal ${typeOf(object)} into Go value of type map[string]interface {}`;
    throw new StatusError("BadRequest", `${where} ${why}`);
  }
  checkDepth(object);
  return { value: object, duplicates };
}

/** What YAML's own reader does not mind: several documents, of which the first counts. */
const tolerated = "MULTIPLE_DOCS";

/** The first document. Throws `BadRequest` with what Go's yaml says, behind `prefix`. */
function readYaml(text: string, prefix: string): { readonly value: unknown; readonly duplicates: readonly string[] } {
  const value = plainJson(text);
  if (value !== undefined) return { value, duplicates: [] };
  // The parser compares each key with all before it, which takes minutes for what a body may hold.
  const document = parseDocument(text, { ...goYaml, uniqueKeys: false });
  const fault = document.errors.find(({ code }) => code !== tolerated);
  // The parser tells the end of its stack so.
  if (fault?.message.startsWith("Maximum call stack")) throw tooDeep(prefix);
  if (fault !== undefined) throw new StatusError("BadRequest", `${prefix}${yamlFault(fault, text)}`);
  return { value: yamlValue(document, prefix), duplicates: twiceSet(document, text) };
}

/** An object in JSON, which most clients send where YAML is taken, and which is read in a tenth of the time; undefined for what is none, or has a key twice. */
function plainJson(text: string): unknown {
  // YAML reads numbers that are too large as texts.
  if (!text.startsWith("{") || unboundedNumber(text) !== undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return countKeys(value, 0) === countWrittenKeys(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Longer keys are no field's: they are told as far as this. */
const maxKeyLength = 1000;

/** Keys that stand twice in one map, in the words of Go's yaml. */
function twiceSet(document: Document.Parsed, text: string): readonly string[] {
  const found: number[] = [];
  let [line, at] = [1, 0];
  visit(document, {
    Map: (_, { items }) => {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (!keys.has(key.value)) keys.add(key.value);
        else if (key.range) found.push(key.range[0]);
      }
    },
  });
  return found
    .sort((a, b) => a - b)
    .map((start) => {
      for (; at < start; at++) if (text.charCodeAt(at) === 0x0a) line++;
      const key = /^(?:"((?:[^"\\]|\\.)*)"|([^:\s]*))/.exec(text.slice(start, start + maxKeyLength));
      return `line ${line}: key ${JSON.stringify(key?.[1] ?? key?.[2] ?? "")} already set in map`;
    });
}

function yamlValue(document: ReturnType<typeof parseDocument>, prefix: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    const unwritable = unwritableNumber(value);
    if (unwritable === undefined) return value;
    throw new StatusError("BadRequest", `${prefix.replace(/yaml: $/, "")}json: unsupported value: ${unwritable}`);
  } catch (error) {
    if (error instanceof StatusError) throw error;
    if (error instanceof RangeError) throw tooDeep(prefix);
    const { message } = error as Error;
    const [, anchor] = /^Unresolved alias.*: (\S+)$/.exec(message) ?? [];
    const told = message.startsWith("Excessive alias count") ? "document contains excessive aliasing" : message;
    throw new StatusError(
      "BadRequest",
      `${prefix}${anchor === undefined ? told : `unknown anchor '${anchor}' referenced`}`,
    );
  }
}

/** The first number that JSON, into which Go turns all YAML, has no form for. */
function unwritableNumber(value: unknown): string | undefined {
  if (typeof value === "number" && !Number.isFinite(value))
    return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  if (typeof value !== "object" || value === null) return undefined;
  for (const key of Object.keys(value).sort()) {
    const found = unwritableNumber((value as { readonly [key: string]: unknown })[key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is deeper than anything that is read, behind what `prefix` says of where. */
export function tooDeep(prefix = ""): StatusError {
  return new StatusError("BadRequest", `${prefix}exceeded max depth of ${maxDepth}`);
}

/** Throws `BadRequest` for a value that is deeper than what may go through functions that call themselves. */
export function checkDepth(value: unknown, depth = 0): void {
  if (depth > maxDepth) throw tooDeep();
  if (typeof value !== "object" || value === null) return;
  for (const name in value) checkDepth((value as Decoded["value"])[name], depth + 1);
}

/** Keys that stand twice in one object: JSON.parse hides them, the API server does not. */
function duplicateKeys(text: string): { readonly strictErrors: readonly string[]; readonly keys: readonly string[] } {
  const found = new Set<string>();
  const written: string[] = [];
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
      const path = childPath(top);
      if (top.keys.has(top.name)) found.add(`duplicate field "${path}"`);
      written.push(path);
      top.keys.add(top.name);
    }
  }
  return { strictErrors: [...found], keys: written };
}

function childPath(top: { keys: Set<string> | undefined; path: string; name: string; index: number }): string {
  if (top.keys === undefined) return `${top.path}[${top.index}]`;
  return top.path === "" ? top.name : `${top.path}.${top.name}`;
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { isObject, lookup } from "../value/access.ts";
import { sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { goQuote } from "./go-quote.ts";
import type { Draft } from "./schema.ts";

/** A schema or a part of one, and the address that references within it are relative to. */
export interface SchemaDocument {
  readonly value: Value;
  readonly base: string;
  readonly draft: Draft | undefined;
}

const drafts: { readonly [url: string]: Draft } = {
  "http://json-schema.org/draft-04/schema": "4",
  "http://json-schema.org/draft-06/schema": "6",
  "http://json-schema.org/draft-07/schema": "7",
};

/** What `$schema` says; undefined when it says nothing, or names another metaschema. */
export function draftOf(value: Value): Draft | undefined {
  const url = isObject(value) ? lookup(value, "$schema") : undefined;
  if (url === undefined) return undefined;
  if (typeof url !== "string") throw new BuiltinError("$schema must be of type string");
  return drafts[url.replace(/#$/, "")];
}

/** The documents that references may name: the root, and every part that has an id. */
export class SchemaDocuments {
  readonly #byAddress = new Map<string, SchemaDocument>();
  readonly #load: (url: string) => Value;

  /** `load` fetches what is not here; it throws `BuiltinError`. */
  constructor(load: (url: string) => Value) {
    this.#load = load;
  }

  add(value: Value, address: string): void {
    const draft = draftOf(value);
    this.#addIds(value, address, draft);
    this.#byAddress.set(address, { value, base: baseWithin(value, address), draft });
  }

  #addIds(value: Value, base: string, draft: Draft | undefined): void {
    if (Array.isArray(value)) for (const item of value as readonly Value[]) this.#addIds(item, base, draft);
    if (!isObject(value)) return;
    const inner = baseWithin(value, base);
    if (inner !== base && !this.#byAddress.has(inner)) this.#byAddress.set(inner, { value, base: inner, draft });
    for (const [key, child] of sortedEntries(value)) {
      // These hold values, not schemas.
      if (key === "const" || key === "enum") continue;
      const isMap = key === "properties" || key === "dependencies" || key === "patternProperties";
      const children = isMap && isObject(child) ? sortedEntries(child).map(([, each]) => each) : [child];
      for (const each of children) this.#addIds(each, inner, draft);
    }
  }

  /** Throws `BuiltinError` where an absolute address leads nowhere. */
  get(address: string): SchemaDocument {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    const [url, fragment = ""] = splitFragment(address);
    if (!this.#byAddress.has(url)) {
      if (!/^[a-z][-+.a-z0-9]*:/i.test(url)) throw new BuiltinError(`Reference ${address} must be canonical`);
      this.add(this.#load(url), url);
    }
    const document = this.#byAddress.get(url) as SchemaDocument;
    return { ...document, ...atPointer(document, fragment) };
  }
}

function splitFragment(address: string): [string, string | undefined] {
  const hash = address.indexOf("#");
  return hash < 0 ? [address, undefined] : [address.slice(0, hash), address.slice(hash + 1)];
}

/** The address of a schema that lies at another one: its id, if it has one. */
export function baseWithin(value: Value, base: string): string {
  if (!isObject(value)) return base;
  const id = lookup(value, "id") ?? lookup(value, "$id");
  return typeof id === "string" ? resolveReference(base, id) : base;
}

/** RFC 3986 section 5; a base without a scheme is only a path. */
export function resolveReference(base: string, reference: string): string {
  const [baseUrl] = splitFragment(base);
  if (reference === "" || reference === "#") return baseUrl;
  if (reference.startsWith("#")) return baseUrl + reference;
  if (/^[a-z][-+.a-z0-9]*:/i.test(baseUrl) && URL.canParse(reference, baseUrl)) return new URL(reference, baseUrl).href;
  if (/^[a-z][-+.a-z0-9]*:|^\//i.test(reference)) return reference;
  percentDecoded(reference);
  return (baseUrl === "" ? "/" : baseUrl.slice(0, baseUrl.lastIndexOf("/") + 1)) + reference;
}

/** RFC 6901, with ids on the way. Faults are worded as gojsonpointer does. */
function atPointer({ value, base }: SchemaDocument, fragment: string): Pick<SchemaDocument, "value" | "base"> {
  const pointer = percentDecoded(fragment);
  // What is no pointer names the whole document, as in gojsonreference.
  if (!pointer.startsWith("/")) return { value, base };
  let [found, foundBase] = [value, base];
  for (const encoded of pointer.slice(1).split("/")) {
    const token = encoded.replaceAll("~1", "/").replaceAll("~0", "~");
    found = child(found, token);
    foundBase = baseWithin(found, foundBase);
  }
  return { value: found, base: foundBase };
}

function percentDecoded(text: string): string {
  const bad = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(text);
  if (bad !== null) throw new BuiltinError(`parse ${goQuote(text)}: invalid URL escape ${goQuote(bad[0])}`);
  return decodeURIComponent(text);
}

function child(value: Value, token: string): Value {
  if (Array.isArray(value)) {
    if (!/^[+-]?\d+$/.test(token)) throw new BuiltinError(`Invalid array index '${token}'`);
    const found = (value as readonly Value[])[Number(token)];
    if (found === undefined) throw new BuiltinError(`Out of bound array[0,${value.length}] index '${Number(token)}'`);
    return found;
  }
  if (!isObject(value)) throw new BuiltinError(`Invalid token reference '${kindOf(value)}'`);
  const found = lookup(value, token);
  if (found === undefined) throw new BuiltinError(`Object has no key '${token}'`);
  return found;
}

function kindOf(value: Value): string {
  if (value === null) return "invalid";
  return typeof value === "boolean" ? "bool" : "string";
}

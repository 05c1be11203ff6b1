import { isObject, type JsonObject, parseJson, type Value } from "@sallyport/rego";
import { BundleError } from "./bundle-error.ts";
import { overlappingRoots } from "./roots.ts";

/** A WebAssembly module that answers an entry point: listed, never run. */
export interface WasmResolver {
  readonly entrypoint?: string;
  readonly module?: string;
  readonly annotations?: Value;
}

/** `.manifest`. https://www.openpolicyagent.org/docs/management-bundles#manifest-file-format */
export interface Manifest {
  readonly revision: string;
  /** Paths below `data` that the bundle owns, `a/b`; `""` is all. */
  readonly roots: readonly string[];
  readonly wasm?: readonly WasmResolver[];
  /** 0 or 1: of modules that `fileRegoVersions` does not name. */
  readonly regoVersion?: number;
  /** By place of the module, which may be a glob pattern. */
  readonly fileRegoVersions?: { readonly [pattern: string]: number };
  readonly metadata?: JsonObject;
}

/** Of a bundle without a manifest. */
export const emptyManifest: Manifest = { revision: "", roots: [""] };

/** True when it says nothing that a bundle without manifest would not have. */
export function isEmptyManifest(manifest: Manifest): boolean {
  const { revision, roots, wasm, regoVersion, metadata } = manifest;
  const isPlain = revision === "" && roots.length === 1 && roots[0] === "";
  return isPlain && (wasm ?? []).length === 0 && regoVersion === undefined && metadata === undefined;
}

/** Reads the text of `.manifest`; fields that it does not know are passed over. Throws `BundleError`. */
export function parseManifest(text: string, faultOf: (text: string) => string): Manifest {
  let json: Value;
  try {
    json = parseJson(text);
  } catch {
    throw new BundleError(`bundle load failed on manifest decode: ${faultOf(text)}`);
  }
  return manifestFromJson(json);
}

function manifestFromJson(json: Value): Manifest {
  if (!isPlainObject(json)) throw new BundleError("bundle load failed on manifest decode: expected an object");
  const roots = fieldOf(json, "roots", isStrings, "a list of strings") ?? [""];
  const revision = fieldOf(json, "revision", (value): value is string => typeof value === "string", "a string");
  const regoVersion = fieldOf(json, "rego_version", isNumber, "a number");
  const fileRegoVersions = fieldOf(json, "file_rego_versions", isVersions, "an object of numbers");
  const metadata = fieldOf(json, "metadata", isPlainObject, "an object");
  return {
    revision: revision ?? "",
    roots: checkedRoots(roots.map((root) => root.replace(/^\/+|\/+$/g, ""))),
    ...wasmOf(json),
    ...(regoVersion !== undefined && { regoVersion }),
    ...(fileRegoVersions !== undefined && { fileRegoVersions }),
    ...(metadata !== undefined && { metadata }),
  };
}

function wasmOf(json: JsonObject): { readonly wasm?: readonly WasmResolver[] } {
  const isObjects = (value: Value): value is readonly JsonObject[] =>
    Array.isArray(value) && value.every((each: Value) => isPlainObject(each));
  const wasm = fieldOf(json, "wasm", isObjects, "a list of objects");
  return wasm === undefined ? {} : { wasm: wasm as readonly WasmResolver[] };
}

function checkedRoots(roots: readonly string[]): readonly string[] {
  const pair = overlappingRoots(roots);
  if (pair !== undefined) throw new BundleError(`manifest has overlapped roots: '${pair[0]}' and '${pair[1]}'`);
  return roots;
}

function fieldOf<T extends Value>(
  json: JsonObject,
  name: string,
  accepts: (value: Value) => value is T,
  wanted: string,
): T | undefined {
  const value = Object.hasOwn(json, name) ? (json[name] as Value) : null;
  if (value === null) return undefined;
  if (!accepts(value)) throw new BundleError(`bundle load failed on manifest decode: ${name} must be ${wanted}`);
  return value;
}

function isPlainObject(value: Value): value is JsonObject {
  return isObject(value);
}

function isNumber(value: Value): value is number {
  return typeof value === "number";
}

function isStrings(value: Value): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function isVersions(value: Value): value is JsonObject & { readonly [pattern: string]: number } {
  return isObject(value) && Object.values(value).every((each) => typeof each === "number");
}

/** The manifest as OPA writes it: its fields in the order of OPA's struct, empty ones left out, a line break at the end. */
export function manifestText(manifest: Manifest): string {
  const { revision, roots, wasm = [], regoVersion, fileRegoVersions = {}, metadata = {} } = manifest;
  const fields: [string, unknown][] = [
    ["revision", revision],
    ["roots", roots],
  ];
  if (wasm.length > 0) fields.push(["wasm", wasm]);
  if (regoVersion !== undefined) fields.push(["rego_version", regoVersion]);
  if (Object.keys(fileRegoVersions).length > 0) fields.push(["file_rego_versions", sortedFields(fileRegoVersions)]);
  if (Object.keys(metadata).length > 0) fields.push(["metadata", sortedFields(metadata)]);
  return `${JSON.stringify(Object.fromEntries(fields))}\n`;
}

function sortedFields(value: object): object {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

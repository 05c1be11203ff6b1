import { readdirSync, type Stats, statSync } from "node:fs";
import { basename, join, normalize } from "node:path";
import type { ParseTimer } from "@sallyport/opa/answers";
import {
  type Capabilities,
  type Diagnostic,
  isObject,
  type JsonObject,
  type Module,
  mergeDocuments,
  parseModule,
  placeDocument,
  type RegoVersion,
  type Value,
} from "@sallyport/rego";
import { parserPart } from "./capabilities.ts";
import { isIgnored } from "./ignore.ts";
import { jsonDocument, LoadError, readBytes, systemFault, yamlDocument } from "./read-data.ts";

export interface LoadedModule {
  /** As given, cleaned: `policies/a.rego`. Its module has it as given, for messages: `./policies/a.rego`. */
  readonly file: string;
  readonly text: string;
  readonly module: Module;
}

export interface Loaded {
  readonly modules: readonly LoadedModule[];
  readonly data: JsonObject;
}

export interface LoadOptions {
  /** Patterns of names of files and folders that are left out, `.*` or `*_test.rego`. */
  readonly ignore?: readonly string[];
  /** Default v1. */
  readonly regoVersion?: RegoVersion;
  /** What modules may be written with; default what their version of Rego offers. */
  readonly capabilities?: Capabilities;
  /** Leaves out all but `.rego` files. */
  readonly policiesOnly?: boolean;
  /** Runs what is parsed. */
  readonly timed?: ParseTimer;
}

/** Faults of what was loaded: of syntax in modules, or of files. All are reported, in the order of the paths. */
export class LoadFault extends Error {
  readonly faults: readonly (Diagnostic | LoadError)[];

  constructor(faults: readonly (Diagnostic | LoadError)[]) {
    super(faults.map(({ message }) => message).join("\n"));
    this.name = "LoadFault";
    this.faults = faults;
  }
}

/**
 * Loads policy and data as `opa eval --data` does: files, folders with all `.rego`, `.json`, `.yaml` in them (documents rooted by the
 * path below the folder), `file://` URLs, and `a.b:path`, which roots documents below `data.a.b`. Throws `LoadFault`.
 */
export function loadPaths(paths: readonly string[], options: LoadOptions = {}): Loaded {
  const loader = new Loader(options);
  for (const path of paths) loader.load(path);
  return loader.finish();
}

/** A path without its prefix, and the prefix. */
export function splitPrefix(path: string): { readonly prefix: readonly string[]; readonly path: string } {
  if (path.startsWith("file://")) return { prefix: [], path: decodeURI(path.replace(/^file:\/\/[^/]*/, "")) };
  const at = path.indexOf(":");
  if (at <= 0) return { prefix: [], path };
  return { prefix: path.slice(0, at).split("."), path: path.slice(at + 1) };
}

class Loader {
  readonly #options: LoadOptions;
  readonly #modules = new Map<string, LoadedModule>();
  readonly #faults: (Diagnostic | LoadError)[] = [];
  #data: JsonObject = {};

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  load(given: string): void {
    const { prefix, path } = splitPrefix(given);
    this.#visit(path, prefix, 0);
  }

  finish(): Loaded {
    if (this.#faults.length > 0) throw new LoadFault(this.#faults);
    return { modules: [...this.#modules.values()], data: this.#data };
  }

  #visit(path: string, parents: readonly string[], depth: number): void {
    let stats: Stats;
    try {
      stats = statSync(path);
    } catch (error) {
      this.#faults.push(systemFault("stat", path, error));
      return;
    }
    if (depth > 0 && isIgnored(path, this.#options.ignore ?? [])) return;
    if (!stats.isDirectory()) {
      this.#loadFile(path, parents, depth);
      return;
    }
    const inner = depth > 0 ? [...parents, basename(path)] : parents;
    for (const name of readdirSync(path).sort()) this.#visit(join(path, name), inner, depth + 1);
  }

  #loadFile(path: string, parents: readonly string[], depth: number): void {
    if (this.#options.policiesOnly === true && !path.endsWith(".rego")) return;
    try {
      if (path.endsWith(".rego")) this.#addModule(path, readBytes(path).toString("utf8"));
      else if (path.endsWith(".json")) this.#addDocument(path, parents, jsonDocument);
      else if (/\.ya?ml$/.test(path)) this.#addDocument(path, parents, yamlDocument);
      else if (depth === 0) this.#loadAny(path, parents);
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
      this.#faults.push(error);
    }
  }

  /** A file that was named: a policy if it is one, else a document. */
  #loadAny(path: string, parents: readonly string[]): void {
    const text = readBytes(path).toString("utf8");
    if (parseModule(text, { file: path }).module !== undefined) {
      this.#addModule(path, text);
      return;
    }
    let document: Value;
    try {
      document = this.#timed("rego_data_parse", () => yamlDocument(path, text));
    } catch {
      throw new LoadError(`${path}: can't recognize file type`);
    }
    this.#merge(path, parents, document);
  }

  #addModule(path: string, text: string): void {
    const file = cleanPath(path);
    const { regoVersion = "v1", capabilities } = this.#options;
    const options = { file: path, regoVersion, ...parserPart(capabilities) };
    const { module, diagnostics } = this.#timed("rego_module_parse", () => parseModule(text, options));
    if (module === undefined) this.#faults.push(...diagnostics);
    else this.#modules.set(file, { file, text, module });
  }

  #addDocument(path: string, parents: readonly string[], parse: (path: string, text: string) => Value): void {
    const text = readBytes(path).toString("utf8");
    this.#merge(
      path,
      parents,
      this.#timed("rego_data_parse", () => parse(path, text)),
    );
  }

  #timed<T>(name: "rego_module_parse" | "rego_data_parse", parse: () => T): T {
    const { timed } = this.#options;
    return timed === undefined ? parse() : timed(name, parse);
  }

  #merge(path: string, parents: readonly string[], document: Value): void {
    const placed = placeDocument(parents, document);
    if (!isObject(placed)) throw new LoadError(`${path}: document must be of type object`);
    const merged = mergeDocuments(this.#data, placed as JsonObject);
    if (merged === undefined) throw new LoadError(`${path}: merge error`);
    this.#data = merged;
  }
}

/** As Go's filepath.Clean. */
export function cleanPath(path: string): string {
  const clean = normalize(path);
  return clean.length > 1 && clean.endsWith("/") ? clean.slice(0, -1) : clean;
}

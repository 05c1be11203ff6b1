import {
  isObject,
  type JsonObject,
  jsonFault,
  type LanguageCapabilities,
  mergeDocuments,
  parseJson,
  parseModule,
  parseYaml,
  placeDocument,
  RegoError,
  type RegoVersion,
  type Value,
} from "@sallyport/rego";
import type { ParseTimer } from "../answers/metrics.ts";
import type { Bundle, BundleFile, ModuleFile, OpaqueFile } from "./bundle.ts";
import { BundleError } from "./bundle-error.ts";
import { parsePatch } from "./delta.ts";
import { emptyManifest, type Manifest, parseManifest } from "./manifest.ts";
import { regoVersionOf } from "./rego-versions.ts";
import { isBelowRoot, pathOutsideRoots } from "./roots.ts";
import { parseSignatures } from "./signatures.ts";
import { type VerificationConfig, verifyFiles } from "./verify.ts";

export interface ReadOptions {
  /** What positions of errors in modules begin with: the path of the bundle; default nothing. */
  readonly name?: string;
  /** Of modules of which the manifest says nothing; default v1. */
  readonly regoVersion?: RegoVersion;
  /** What of the language modules may be written with; default what their version of Rego offers. */
  readonly capabilities?: LanguageCapabilities;
  /** How to verify; without it signatures are read and not looked at. */
  readonly verification?: VerificationConfig;
  /** What places of files begin with when signatures are verified; OPA names those of a folder by their whole path. */
  readonly signedPrefix?: string;
  /** Runs what is parsed. */
  readonly timed?: ParseTimer;
}

/**
 * Reads a bundle from its files. Files that OPA does not know are passed over. Throws `BundleError`, and `RegoError` for modules
 * that do not parse. https://www.openpolicyagent.org/docs/management-bundles#bundle-file-format
 */
export function readBundle(files: readonly BundleFile[], options: ReadOptions = {}): Bundle {
  const signed = files.find(({ path }) => path === ".signatures.json");
  const signatures = signed && parseSignatures(textOf(signed));
  if (options.verification !== undefined) verifyFiles(files, signatures, options.verification, options.signedPrefix);
  const reader = new Reader(manifestOf(files), options);
  for (const file of files) reader.add(file);
  const bundle = reader.finish();
  return signatures === undefined ? bundle : { ...bundle, signatures };
}

function manifestOf(files: readonly BundleFile[]): Manifest {
  const [file, second] = files.filter(({ path }) => path === ".manifest" || path.endsWith("/.manifest"));
  if (file !== undefined && second !== undefined)
    throw new BundleError(`bundle contains multiple manifest files: "/${file.path}" and "/${second.path}"`);
  return file === undefined ? emptyManifest : parseManifest(textOf(file), jsonFault);
}

export function textOf({ bytes }: BundleFile): string {
  return new TextDecoder().decode(bytes);
}

class Reader {
  readonly #manifest: Manifest;
  readonly #options: ReadOptions;
  readonly #modules: ModuleFile[] = [];
  readonly #wasm: OpaqueFile[] = [];
  readonly #plans: OpaqueFile[] = [];
  readonly #dataFiles: string[] = [];
  #patch: Bundle["patch"];
  #data: JsonObject = {};

  constructor(manifest: Manifest, options: ReadOptions) {
    this.#manifest = manifest;
    this.#options = options;
  }

  add(file: BundleFile): void {
    const name = file.path.slice(file.path.lastIndexOf("/") + 1);
    const url = `/${file.path}`;
    if (name.endsWith(".rego")) this.#addModule(file, url);
    else if (name === "policy.wasm") this.#wasm.push({ url, bytes: file.bytes });
    else if (this.#isListedWasm(url)) this.#wasm.push({ url, bytes: file.bytes });
    else if (name === "plan.json") this.#plans.push({ url, bytes: file.bytes });
    else if (name === "data.json") this.#addData(file, url, parseJsonFile);
    else if (name === "data.yaml" || name === "data.yml") this.#addData(file, url, parseYamlFile);
    else if (file.path === "patch.json") this.#patch = parsePatch(textOf(file), this.#manifest.roots);
  }

  finish(): Bundle {
    const { roots } = this.#manifest;
    if (this.#patch !== undefined) this.#requireOnlyPatch();
    this.#checkModuleRoots();
    const outside = pathOutsideRoots(this.#data, roots);
    if (outside !== undefined)
      throw new BundleError(
        `manifest roots ${rootsText(roots)} do not permit data at path '${outside}' (hint: check bundle directory structure)`,
      );
    this.#requireListedWasm();
    return {
      manifest: this.#manifest,
      data: this.#data,
      modules: this.#modules,
      wasmModules: this.#wasm,
      planModules: this.#plans,
      ...(this.#patch !== undefined && { patch: this.#patch }),
      dataFiles: this.#dataFiles,
    };
  }

  #addModule(bundleFile: BundleFile, url: string): void {
    const { name = "", regoVersion = "v1", capabilities } = this.#options;
    const file = `${name}${name === "" || name.endsWith("/") ? "" : "/"}${bundleFile.path}`;
    const text = textOf(bundleFile);
    const version = regoVersionOf(url, this.#manifest, regoVersion);
    const parsed = { file, regoVersion: version, ...(capabilities !== undefined && { capabilities }) };
    const { module, diagnostics } = this.#timed("rego_module_parse", () => parseModule(text, parsed));
    if (module === undefined) throw new RegoError(diagnostics);
    this.#modules.push({ url, file, text, regoVersion: version, module });
  }

  #addData(file: BundleFile, url: string, parse: (file: BundleFile, url: string) => Value): void {
    const path = file.path.split("/").slice(0, -1);
    const placed = placeDocument(
      path,
      this.#timed("rego_data_parse", () => parse(file, url)),
    );
    if (!isObject(placed)) throw new BundleError(`bundle load failed on ${url}: root value must be object`);
    const merged = mergeDocuments(this.#data, placed as JsonObject);
    if (merged === undefined)
      throw new BundleError(`bundle load failed on ${url}: failed to insert data file from path ${path.join("/")}`);
    this.#data = merged;
    this.#dataFiles.push(url);
  }

  #timed<T>(name: "rego_module_parse" | "rego_data_parse", parse: () => T): T {
    const { timed } = this.#options;
    return timed === undefined ? parse() : timed(name, parse);
  }

  #requireOnlyPatch(): void {
    const other = this.#dataFiles[0] ?? this.#modules[0]?.url ?? this.#wasm[0]?.url;
    if (other !== undefined)
      throw new BundleError(`delta bundle expected to contain only patch file but found ${other}`);
  }

  #checkModuleRoots(): void {
    const { roots } = this.#manifest;
    for (const { file, module } of this.#modules) {
      const path = packagePath(
        module.package.path.terms.slice(1).map((term) => (term.kind === "string" ? term.value : "")),
      );
      if (!roots.some((root) => isBelowRoot(path, root)))
        throw new BundleError(
          `manifest roots ${rootsText(roots)} do not permit 'package ${path.replaceAll("/", ".")}' in module '${file}'`,
        );
    }
  }

  #isListedWasm(url: string): boolean {
    return (this.#manifest.wasm ?? []).some(
      ({ module }) => module !== undefined && `/${module.replace(/^\/+/, "")}` === url,
    );
  }

  #requireListedWasm(): void {
    for (const { module } of this.#manifest.wasm ?? []) {
      if (module === undefined || module === "") continue;
      const url = `/${module.replace(/^\/+/, "")}`;
      if (!this.#wasm.some((each) => each.url === url))
        throw new BundleError(`manifest references wasm module '${module}' but the module file does not exist`);
    }
  }
}

function packagePath(keys: readonly string[]): string {
  return keys.join("/");
}

/** A list as Go prints it: `[a b]`. */
export function rootsText(roots: readonly string[]): string {
  return `[${roots.join(" ")}]`;
}

function parseJsonFile(file: BundleFile, url: string): Value {
  const text = textOf(file);
  try {
    return parseJson(text);
  } catch {
    throw new BundleError(`bundle load failed on ${url}: ${jsonFault(text)}`);
  }
}

function parseYamlFile(file: BundleFile, url: string): Value {
  try {
    return parseYaml(textOf(file));
  } catch (error) {
    throw new BundleError(`bundle load failed on ${url}: error converting YAML to JSON: ${(error as Error).message}`);
  }
}

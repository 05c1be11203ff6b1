import { readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import {
  type Diagnostic,
  formatDiagnostic,
  isObject,
  parseModule,
  type RegoVersion,
  type Value,
} from "@sallyport/rego";
import type { LoadedModule } from "./load.ts";
import { type Documents, makeDocument, mergeDocuments } from "./merge.ts";
import { jsonDocument, LoadError, readBytes, systemFault, yamlDocument } from "./read-data.ts";

/** What a bundle holds for an evaluation. */
export interface LoadedBundle {
  /** As it was asked for. */
  readonly path: string;
  readonly modules: readonly LoadedModule[];
  readonly data: Documents;
  /** Paths below `data` that it owns; `[""]` is all of it. */
  readonly roots: readonly string[];
}

/**
 * A bundle that lies in a folder: `data.json` and `data.yaml` rooted by their folder, all `.rego` files, and `.manifest`. Throws
 * `LoadError`. https://www.openpolicyagent.org/docs/management-bundles
 */
export function loadBundleFolder(path: string, regoVersion: RegoVersion): LoadedBundle {
  const modules: LoadedModule[] = [];
  let data: Documents = {};
  let roots: readonly string[] = [""];
  for (const file of filesBelow(path)) {
    const name = file.slice(file.lastIndexOf("/") + 1);
    if (file.endsWith(".rego")) modules.push(readModule(path, file, regoVersion));
    else if (file === join(path, ".manifest")) roots = rootsOf(path, file);
    else if (/^data\.(json|ya?ml)$/.test(name)) data = addDocument(path, file, data);
  }
  checkRoots(path, roots, data);
  return { path, modules, data, roots };
}

function filesBelow(path: string): readonly string[] {
  try {
    return readdirSync(path, { recursive: true, encoding: "utf8" })
      .map((name) => join(path, name))
      .filter((file) => !statSync(file).isDirectory())
      .sort();
  } catch (error) {
    throw systemFault("stat", path, error);
  }
}

function readModule(path: string, file: string, regoVersion: RegoVersion): LoadedModule {
  const text = readBytes(file).toString("utf8");
  const { module, diagnostics } = parseModule(text, { file, regoVersion });
  if (module === undefined) throw bundleFault(path, formatDiagnostic(diagnostics[0] as Diagnostic));
  return { file, text, module };
}

function rootsOf(path: string, file: string): readonly string[] {
  try {
    const manifest = JSON.parse(readBytes(file).toString("utf8")) as { readonly roots?: readonly string[] };
    return (manifest.roots ?? [""]).map((root) => root.replace(/^\/+|\/+$/g, ""));
  } catch {
    throw bundleFault(path, "bundle load failed on manifest decode: unexpected EOF");
  }
}

function addDocument(path: string, file: string, data: Documents): Documents {
  const text = readBytes(file).toString("utf8");
  const document = file.endsWith(".json") ? jsonDocument(file, text) : yamlDocument(file, text);
  const keys = relative(path, file).split(sep).slice(0, -1);
  const placed = makeDocument(keys, document);
  const merged = isObject(placed) ? mergeDocuments(data, placed as Documents) : undefined;
  if (merged === undefined) throw bundleFault(path, `bundle load failed on ${relative(path, file)}: merge error`);
  return merged;
}

/** A document may lie only below the roots. */
function checkRoots(path: string, roots: readonly string[], data: Documents): void {
  const stray = roots.includes("") ? undefined : strayPath(data, [], roots);
  if (stray === undefined) return;
  const hint = "(hint: check bundle directory structure)";
  throw bundleFault(path, `manifest roots [${roots.join(" ")}] do not permit data at path '/${stray}' ${hint}`);
}

function strayPath(value: Value, path: readonly string[], roots: readonly string[]): string | undefined {
  const here = path.join("/");
  if (roots.some((root) => here === root || here.startsWith(`${root}/`))) return undefined;
  const mayHold = path.length === 0 || roots.some((root) => root.startsWith(`${here}/`));
  if (!mayHold || !isObject(value)) return here;
  for (const [key, item] of Object.entries(value as Documents)) {
    const stray = strayPath(item, [...path, key], roots);
    if (stray !== undefined) return stray;
  }
  return undefined;
}

function bundleFault(path: string, message: string): LoadError {
  return new LoadError(`loading error: bundle ${path}: ${message}`);
}

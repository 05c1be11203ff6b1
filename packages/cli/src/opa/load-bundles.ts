import { applyPatch, type Bundle, BundleError, rootConflict } from "@sallyport/opa";
import { type JsonObject, mergeDocuments } from "@sallyport/rego";
import { type Loaded, LoadFault } from "./load.ts";
import { bundleFaultText, type ReadBundleOptions, readBundlePath } from "./read-bundle.ts";
import { LoadError } from "./read-data.ts";

export interface LoadedBundles extends Loaded {
  readonly bundles: readonly NamedBundle[];
}

export interface NamedBundle {
  /** The path that it was asked for by. */
  readonly name: string;
  readonly bundle: Bundle;
}

/** Loads bundles and activates all of them: their documents and modules. Throws `LoadFault`. */
export async function loadBundles(paths: readonly string[], options: ReadBundleOptions): Promise<LoadedBundles> {
  const bundles: NamedBundle[] = [];
  for (const name of new Set(paths)) bundles.push({ name, bundle: await loadBundle(name, options) });
  const conflict = rootConflict(bundles.map(({ name, bundle }) => ({ name, roots: bundle.manifest.roots })));
  if (conflict !== undefined) throw new LoadFault([new LoadError(conflict)]);
  const modules = bundles.flatMap(({ bundle }) => bundle.modules);
  return {
    bundles,
    modules: modules.map(({ file, text, module }) => ({ file, text, module })),
    data: bundles.reduce<JsonObject>(activate, {}),
  };
}

/** Of snapshots the documents come in beside those of others, as no two own the same; deltas change what is there. */
export function activate(data: JsonObject, { bundle }: NamedBundle): JsonObject {
  if (bundle.patch === undefined) return mergeDocuments(data, bundle.data) ?? data;
  try {
    return applyPatch(data, bundle.patch);
  } catch (error) {
    throw error instanceof BundleError ? new LoadFault([new LoadError(error.message)]) : error;
  }
}

/** Reads one bundle. Throws `LoadFault`. */
export async function loadBundle(name: string, options: ReadBundleOptions): Promise<Bundle> {
  try {
    return await readBundlePath(name, options);
  } catch (error) {
    throw new LoadFault([new LoadError(`loading error: ${bundleFaultText(name, error)}`)]);
  }
}

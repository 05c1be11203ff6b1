import { type Stats, statSync } from "node:fs";
import type { RegoVersion } from "@sallyport/rego";
import { type LoadedBundle, loadBundleFolder } from "./bundle-folder.ts";
import { type Loaded, type LoadedModule, LoadFault, splitPrefix } from "./load.ts";
import { type Documents, mergeDocuments } from "./merge.ts";
import { LoadError, systemFault } from "./read-data.ts";

/** Loads bundles, and answers the documents and modules of all of them. Throws `LoadFault`. */
export function loadBundles(paths: readonly string[], regoVersion: RegoVersion = "v1"): Loaded {
  try {
    const bundles = [...new Set(paths)].map((path) => loadBundle(path, regoVersion));
    checkOverlap(bundles);
    const data = bundles.reduce<Documents>((all, bundle) => mergeDocuments(all, bundle.data) ?? all, {});
    return { modules: bundles.flatMap(({ modules }): readonly LoadedModule[] => modules), data };
  } catch (error) {
    if (error instanceof LoadError) throw new LoadFault([error], new Map());
    throw error;
  }
}

function loadBundle(given: string, regoVersion: RegoVersion): LoadedBundle {
  const { path } = splitPrefix(given);
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (error) {
    throw new LoadError(
      `loading error: error reading ${JSON.stringify(path)}: ${systemFault("stat", path, error).message}`,
    );
  }
  if (stats.isDirectory()) return loadBundleFolder(path, regoVersion);
  throw new LoadError(`loading error: bundle ${path}: bundle archives cannot be read yet; give the folder`);
}

/** Each path below `data` belongs to one bundle. */
function checkOverlap(bundles: readonly LoadedBundle[]): void {
  const overlapping = bundles.filter((bundle) =>
    bundles.some((other) => other !== bundle && bundle.roots.some((a) => other.roots.some((b) => overlaps(a, b)))),
  );
  if (overlapping.length === 0) return;
  const names = overlapping.map(({ path }) => path).sort();
  const empty = overlapping
    .filter(({ roots }) => roots.includes(""))
    .map(({ path }) => path)
    .sort();
  const why =
    empty.length > 0
      ? ` because bundle(s) [${empty.join(", ")}] specify empty root paths ('') which overlap with any other bundle root`
      : "";
  throw new LoadError(
    `bundles [${names.join(", ")}] have overlapping roots and cannot be activated simultaneously${why}`,
  );
}

function overlaps(a: string, b: string): boolean {
  return a === "" || b === "" || a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

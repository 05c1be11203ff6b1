import type { JsonObject, RegoVersion } from "@sallyport/rego";
import { mergeDocuments } from "@sallyport/rego";
import type { Bundle } from "./bundle.ts";
import { BundleError } from "./bundle-error.ts";
import type { Manifest } from "./manifest.ts";
import { regoVersionNumber } from "./rego-versions.ts";
import { overlappingRoots } from "./roots.ts";

/**
 * One bundle out of several that own different documents. Of a single one the manifest stays; several have no common revision and metadata.
 * Throws `BundleError`.
 */
export function mergeBundles(bundles: readonly Bundle[], regoVersion: RegoVersion = "v1"): Bundle {
  const [only] = bundles;
  if (bundles.length === 1 && only !== undefined)
    return { ...only, manifest: withVersions(only.manifest, bundles, regoVersion) };
  const roots = bundles.flatMap(({ manifest }) => manifest.roots);
  const pair = overlappingRoots(roots);
  if (pair !== undefined)
    throw new BundleError(`bundle merge failed: manifest has overlapped roots: '${pair[0]}' and '${pair[1]}'`);
  const wasm = bundles.flatMap(({ manifest }) => manifest.wasm ?? []);
  const manifest = { revision: "", roots, ...(wasm.length > 0 && { wasm }) };
  return {
    manifest: withVersions(manifest, bundles, regoVersion),
    data: bundles.reduce<JsonObject>((data, bundle) => merged(data, bundle.data), {}),
    modules: bundles.flatMap(({ modules }) => modules),
    wasmModules: bundles.flatMap(({ wasmModules }) => wasmModules),
    planModules: bundles.flatMap(({ planModules }) => planModules),
    dataFiles: bundles.flatMap(({ dataFiles }) => dataFiles),
  };
}

function merged(a: JsonObject, b: JsonObject): JsonObject {
  const both = mergeDocuments(a, b);
  if (both === undefined) throw new BundleError("bundle merge failed: merge error");
  return both;
}

/** The bundles' common version, and the modules that have another one. */
function withVersions(manifest: Manifest, bundles: readonly Bundle[], regoVersion: RegoVersion): Manifest {
  const { fileRegoVersions: _, ...rest } = manifest;
  const versions = bundles.map((bundle) => bundle.manifest.regoVersion ?? regoVersionNumber(regoVersion));
  const common = versions.every((each) => each === versions[0]) ? versions[0] : undefined;
  const main = common ?? regoVersionNumber(regoVersion);
  const other = bundles
    .flatMap(({ modules }) => modules)
    .map(({ url, regoVersion }) => [url, regoVersionNumber(regoVersion)] as const)
    .filter(([, version]) => version !== main);
  return {
    ...rest,
    regoVersion: main,
    ...(other.length > 0 && { fileRegoVersions: Object.fromEntries(other) }),
  };
}

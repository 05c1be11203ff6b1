import type { RegoVersion } from "@sallyport/rego";
import { BundleError } from "./bundle-error.ts";
import type { Manifest } from "./manifest.ts";

/**
 * The version of Rego that a module of a bundle is written in: by its place, by the first pattern that fits its place, by the manifest, else
 * the default. `place` has a leading slash. Throws `BundleError` for versions that do not exist.
 */
export function regoVersionOf(place: string, manifest: Manifest, fallback: RegoVersion): RegoVersion {
  const { fileRegoVersions = {}, regoVersion } = manifest;
  const exact = Object.hasOwn(fileRegoVersions, place) ? fileRegoVersions[place] : undefined;
  const byPattern = Object.entries(fileRegoVersions).find(([pattern]) => globExpression(pattern).test(place))?.[1];
  const version = exact ?? byPattern ?? regoVersion;
  if (version === undefined) return fallback;
  if (version !== 0 && version !== 1)
    throw new BundleError(`unknown bundle rego-version ${version} for file '${place}'`);
  return version === 0 ? "v0" : "v1";
}

/** The number that manifests use. */
export function regoVersionNumber(version: RegoVersion): number {
  return version === "v0" ? 0 : 1;
}

/** `*` is anything within a folder's name, `**` anything, `?` one character, `{a,b}` either. */
function globExpression(pattern: string): RegExp {
  let depth = 0;
  const source = pattern.replaceAll(/\*\*|[*?{},]|\\.|[^\w/]/g, (part) => {
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part === "{") depth++;
    if (part === "{") return "(?:";
    if (part === "}" && depth > 0) {
      depth--;
      return ")";
    }
    if (part === "," && depth > 0) return "|";
    return part.startsWith("\\") ? `\\${part.slice(1)}` : `\\${part}`;
  });
  return new RegExp(`^${source}${")".repeat(depth)}$`, "su");
}

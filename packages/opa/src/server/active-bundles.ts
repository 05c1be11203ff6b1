import type { DataPath, DataTransaction, JsonObject, Module } from "@sallyport/rego";
import type { Bundle } from "../bundle/bundle.ts";
import { BundleError } from "../bundle/bundle-error.ts";
import { applyPatch } from "../bundle/delta.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { isBelowRoot, rootConflict, rootsOverlap } from "../bundle/roots.ts";
import { badRequest } from "./api-error.ts";

/** A bundle that is in force: it owns its roots. */
export interface ActiveBundle {
  readonly name: string;
  readonly etag: string;
  readonly manifest: Manifest;
  /** Ids of its policies. */
  readonly policies: readonly string[];
  /** It was read of a file that the server was started with. */
  readonly isFile?: boolean;
}

export type ActiveBundles = ReadonlyMap<string, ActiveBundle>;

/** What `data.system.bundles` tells of one. */
export function bundleDocument({ etag, manifest }: ActiveBundle): JsonObject {
  const { revision, roots, metadata, regoVersion } = manifest;
  return {
    etag,
    manifest: {
      revision,
      roots,
      ...(metadata !== undefined && { metadata }),
      ...(regoVersion !== undefined && { rego_version: regoVersion }),
    },
  };
}

/** Bundles own what they own alone. Throws `BundleError`. */
export function checkRoots(active: ActiveBundles, name: string, { roots }: Manifest): void {
  const others = [...active.values()].filter((each) => each.name !== name);
  const all = [...others.map((each) => ({ name: each.name, roots: each.manifest.roots })), { name, roots }];
  const conflict = rootConflict(all);
  if (conflict !== undefined) throw new BundleError(conflict);
}

/** Base data with a bundle in the place of the one before it: a snapshot replaces what it owns, a delta changes it. */
export function placeBundle(transaction: DataTransaction, bundle: Bundle, before: ActiveBundle | undefined): void {
  if (bundle.patch === undefined) placeSnapshot(transaction, bundle, before);
  else transaction.put([], applyPatch(transaction.read([]) as JsonObject, bundle.patch));
}

function placeSnapshot(transaction: DataTransaction, bundle: Bundle, before: ActiveBundle | undefined): void {
  const owned = new Set([...(before?.manifest.roots ?? []), ...bundle.manifest.roots]);
  for (const each of owned) removeRoot(transaction, pathOf(each));
  for (const each of bundle.manifest.roots) {
    const path = pathOf(each);
    const value = path.reduce<JsonObject | undefined>((at, key) => at?.[key] as JsonObject | undefined, bundle.data);
    if (value === undefined) continue;
    if (path.length > 0) transaction.put(path, value);
    else for (const [key, child] of Object.entries(value)) transaction.put([key], child as JsonObject);
  }
}

/** What the engine tells of itself stays. */
function removeRoot(transaction: DataTransaction, path: DataPath): void {
  if (path.length > 0) {
    if (transaction.read(path) !== undefined) transaction.remove(path);
    return;
  }
  for (const key of Object.keys(transaction.read([]) as JsonObject)) if (key !== "system") transaction.remove([key]);
}

function pathOf(root: string): DataPath {
  return root.split("/").filter((part) => part !== "");
}

/** Nobody else writes what a bundle owns. Throws `ApiError`. */
export function checkOwner(active: ActiveBundles, path: DataPath): void {
  if (active.size === 0) return;
  if (path.length === 0) throw badRequest("can't write to document root with bundle roots configured");
  const text = path.join("/");
  const owner = [...active.values()].find(({ manifest }) => manifest.roots.some((root) => rootsOverlap(text, root)));
  if (owner !== undefined) throw badRequest(`path ${text} is owned by bundle ${JSON.stringify(owner.name)}`);
}

/** A policy lies where its package does: a bundle owns what is at or below its roots. Throws `ApiError`. */
export function checkPolicyOwner(active: ActiveBundles, module: Module): void {
  const text = module.package.path.terms
    .slice(1)
    .map((term) => (term.kind === "string" ? term.value : ""))
    .join("/");
  const owner = [...active.values()].find(({ manifest }) => manifest.roots.some((root) => isBelowRoot(text, root)));
  if (owner !== undefined) throw badRequest(`path ${text} is owned by bundle ${JSON.stringify(owner.name)}`);
}

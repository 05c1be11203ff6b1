import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import { type Bundle, BundleError, rootConflict, type VerificationConfig } from "@sallyport/opa";
import {
  compileParsed,
  type JsonObject,
  RegoError,
  type RegoPolicy,
  type RegoVersion,
  type Value,
} from "@sallyport/rego";
import { errorEntries, errorsText } from "./errors-text.ts";
import { activate } from "./load-bundles.ts";
import { readBundlePath } from "./read-bundle.ts";
import { LoadError, systemFault } from "./read-data.ts";

/** Bundles that are in force together. */
export interface Activated {
  readonly policy: RegoPolicy;
  readonly data: JsonObject;
}

/** Why a bundle is not in force: it could not be read, or is no good beside the others. */
export class ActivationError extends Error {
  /** By its place: `~0`. */
  readonly bundle: string;
  readonly step: "load" | "activation";

  constructor(bundle: string, step: "load" | "activation", message: string) {
    super(message);
    this.bundle = bundle;
    this.step = step;
  }
}

/**
 * Activates bundles one after the other, as OPA's runtime does: signatures are verified with the keys of the configuration, roots may
 * not overlap, all must compile. Files are named by their place in the bundle. Throws `ActivationError`.
 */
export async function activateBundles(
  paths: readonly string[],
  { regoVersion, config }: { readonly regoVersion: RegoVersion; readonly config: JsonObject },
): Promise<Activated> {
  let active = { policy: compiled([], regoVersion), data: {} as JsonObject };
  const bundles: { readonly name: string; readonly bundle: Bundle }[] = [];
  for (const [i, path] of paths.entries()) {
    const name = `~${i}`;
    const bundle = await told(name, "load", () => readOne(path, regoVersion, config));
    bundles.push({ name, bundle });
    active = await told(name, "activation", () => {
      const conflict = rootConflict(bundles.map((each) => ({ name: each.name, roots: each.bundle.manifest.roots })));
      if (conflict !== undefined) throw new LoadError(conflict);
      const policy = compiled(
        bundles.map((each) => each.bundle),
        regoVersion,
      );
      return { policy, data: activate(active.data, { name, bundle }) };
    });
  }
  return active;
}

/** A path that does not exist is named as a whole. */
function readOne(path: string, regoVersion: RegoVersion, config: JsonObject): Promise<Bundle> {
  try {
    lstatSync(path);
  } catch (error) {
    throw systemFault("stat", resolve(path), error);
  }
  return readBundlePath(path, { regoVersion, name: "/", verification: { keys: keysOf(config), isOptional: true } });
}

function keysOf({ keys }: JsonObject): VerificationConfig["keys"] {
  const named = Object.entries((keys ?? {}) as { readonly [id: string]: { readonly [field: string]: Value } });
  return Object.fromEntries(
    named.map(([id, { key = "", algorithm = "RS256", scope = "" }]) => [
      id,
      { key: String(key), algorithm: String(algorithm), scope: String(scope) },
    ]),
  );
}

function compiled(bundles: readonly Bundle[], regoVersion: RegoVersion): RegoPolicy {
  const modules = bundles.flatMap((each) => each.modules.map(({ module }) => module));
  const { policy, diagnostics } = compileParsed(modules, { regoVersion, compile: { print: true } });
  if (policy === undefined) throw new RegoError(diagnostics);
  return policy;
}

async function told<T>(name: string, step: "load" | "activation", run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof RegoError)
      throw new ActivationError(name, step, errorsText(errorEntries(error) ?? []).trimEnd());
    if (error instanceof LoadError || error instanceof BundleError)
      throw new ActivationError(name, step, error.message);
    throw error;
  }
}

import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import { type Bundle, BundleError, rootConflict, type VerificationConfig } from "@sallyport/opa";
import { configuredBundles, verificationKeys } from "@sallyport/opa/plugins";
import { compileParsed, type JsonObject, RegoError, type RegoPolicy, type RegoVersion } from "@sallyport/rego";
import { errorEntries, errorsText } from "./errors-text.ts";
import { activate } from "./load-bundles.ts";
import { readBundlePath } from "./read-bundle.ts";
import { LoadError, systemFault } from "./read-data.ts";

/** Bundles that are in force together. */
export interface Activated {
  readonly policy: RegoPolicy;
  readonly data: JsonObject;
}

/** One of them, by the name that messages have. */
export interface NamedBundle {
  readonly name: string;
  readonly read: () => Promise<Bundle>;
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
 * Activates bundles one after the other, as OPA's runtime does: roots may not overlap, all must compile. What becomes of each is logged in
 * OPA's words. Throws `ActivationError`.
 */
export async function activateBundles(
  wanted: readonly NamedBundle[],
  regoVersion: RegoVersion,
  log: (message: string, bundle: string) => void = () => {},
): Promise<Activated> {
  for (const { name } of wanted) log("Starting bundle loader.", name);
  let active = { policy: compiled([], regoVersion), data: {} as JsonObject };
  const bundles: { readonly name: string; readonly bundle: Bundle }[] = [];
  for (const { name, read } of wanted) {
    const bundle = await told(name, "load", read);
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
    log("Bundle loaded and activated successfully.", name);
  }
  return active;
}

/**
 * The bundles of a configuration, from files and services, and those of paths, `~0`, `~1`, …: signatures are verified with the keys of the
 * configuration, files are named by their place in the bundle. Throws `PluginConfigError`.
 */
export function bundlesOf(
  config: JsonObject,
  paths: readonly string[],
  { regoVersion, agent }: { readonly regoVersion: RegoVersion; readonly agent: string },
): readonly NamedBundle[] {
  const configured = configuredBundles(config, { regoVersion, agent, environment: process.env }).map(
    (each): NamedBundle => {
      const { name, verification } = each;
      if ("file" in each) return { name, read: () => readOne(each.file, regoVersion, verification) };
      return { name, read: () => each.download().catch(asLoadError) };
    },
  );
  const verification = { keys: verificationKeys(config), isOptional: true };
  return [
    ...configured,
    ...paths.map((path, i) => ({ name: `~${i}`, read: () => readOne(path, regoVersion, verification) })),
  ];
}

/** What a service answers is told as what a file is. */
function asLoadError(error: unknown): never {
  if (error instanceof RegoError || error instanceof BundleError) throw error;
  throw new LoadError((error as Error).message);
}

/** A path that does not exist is named as a whole. */
async function readOne(given: string, regoVersion: RegoVersion, verification: VerificationConfig): Promise<Bundle> {
  const path = given.replace(/^file:\/\//, "");
  try {
    lstatSync(path);
  } catch (error) {
    throw systemFault("stat", resolve(path), error);
  }
  return readBundlePath(path, { regoVersion, name: "/", verification });
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

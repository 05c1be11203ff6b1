import { createEffects } from "@sallyport/effects";
import { type Bundle, type Manifest, type ModuleFile, mergeBundles, regoVersionNumber } from "@sallyport/opa";
import {
  type CompileOptions,
  compileParsed,
  entrypointRef,
  entrypointsOf,
  type Module,
  optimize,
  RegoError,
  type RegoPolicy,
  type RegoVersion,
} from "@sallyport/rego";

export interface BuildOptions {
  readonly regoVersion: RegoVersion;
  /** `a/b/c`; those of annotations come beside them. */
  readonly entrypoints: readonly string[];
  readonly target: "rego" | "plan" | "wasm";
  /** 0 leaves the modules as they are. */
  readonly level: number;
  readonly revision?: string;
  /** Of support modules. */
  readonly namespace?: string;
  readonly compile?: CompileOptions;
}

/** Why a bundle cannot be built, in OPA's words. */
export class BuildError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "BuildError";
  }
}

/**
 * What `opa build` makes of bundles: one bundle, compiled to see that it holds together, optimized for its entry points, with a plan when
 * asked for. Throws `BuildError`, `RegoError` for what does not compile, `OptimizeError`, `BundleError`.
 */
export function buildBundle(bundles: readonly Bundle[], options: BuildOptions): Bundle {
  const merged = mergeBundles(bundles.map(placeByFile), options.regoVersion);
  const modules = merged.modules.map(({ module }) => module);
  const policy = compileAll(modules, options);
  const entrypoints = [...new Set([...options.entrypoints, ...entrypointsOf(modules)])];
  requireEntrypoints(entrypoints, options);
  if (options.target === "wasm") throw new BuildError("wasm compilation is not supported: use -t rego or -t plan");
  const optimized = options.level > 0 ? optimizeBundle(merged, entrypoints, options) : merged;
  const planned = options.target === "plan" ? withPlan(optimized, entrypoints, policy, options) : optimized;
  return { ...planned, manifest: withRevision(planned.manifest, options.revision) };
}

/** Several bundles may have the same places: those of the result begin with the path that the bundle was read from. */
function placeByFile(bundle: Bundle): Bundle {
  return { ...bundle, modules: bundle.modules.map((each) => ({ ...each, url: placeOf(each.file) })) };
}

function compileAll(modules: readonly Module[], { compile = {} }: BuildOptions): RegoPolicy {
  const { policy, diagnostics } = compileParsed(modules, { compile });
  if (policy === undefined) throw new RegoError(diagnostics);
  return policy;
}

function requireEntrypoints(entrypoints: readonly string[], { level, target }: BuildOptions): void {
  if (entrypoints.length > 0) return;
  if (target !== "rego") throw new BuildError(`${target} compilation requires at least one entrypoint`);
  if (level > 0) throw new BuildError("bundle optimizations require at least one entrypoint");
}

function withRevision(manifest: Manifest, revision: string | undefined): Manifest {
  return revision === undefined ? manifest : { ...manifest, revision };
}

/** Modules that were made lie below `optimized/`, and are written in the bundle's version of Rego. */
function optimizeBundle(bundle: Bundle, entrypoints: readonly string[], options: BuildOptions): Bundle {
  const modules = optimize(
    bundle.modules.map(({ module }) => module),
    entrypoints.map(entrypointRef),
    {
      data: bundle.data,
      roots: bundle.manifest.roots,
      level: options.level,
      effects: createEffects({}),
      ...(options.namespace !== undefined && { namespace: options.namespace }),
    },
  );
  return { ...bundle, modules: modules.map((module) => fileOf(module, bundle.modules, options.regoVersion)) };
}

function fileOf(module: Module, before: readonly ModuleFile[], regoVersion: RegoVersion): ModuleFile {
  const known = before.find(({ file }) => file === module.file);
  const url = known?.url ?? `/${module.file}`;
  return { url, file: module.file, text: module.text, regoVersion: known?.regoVersion ?? regoVersion, module };
}

function withPlan(bundle: Bundle, entrypoints: readonly string[], policy: RegoPolicy, options: BuildOptions): Bundle {
  const { policy: planned = policy } =
    options.level > 0 ? compileParsed(bundle.modules.map(({ module }) => module)) : { policy };
  const bytes = new TextEncoder().encode(planned.planJson(entrypoints));
  return { ...bundle, planModules: [...bundle.planModules, { url: "/plan.json", bytes }] };
}

/** A bundle of files that are no bundle: all of `data` is its own. */
export function bundleOfFiles(
  modules: readonly { readonly file: string; readonly text: string; readonly module: Module }[],
  data: Bundle["data"],
  regoVersion: RegoVersion,
): Bundle {
  return {
    manifest: { revision: "", roots: [""], regoVersion: regoVersionNumber(regoVersion) },
    data,
    modules: modules.map(({ file, text, module }) => ({ url: placeOf(file), file, text, regoVersion, module })),
    wasmModules: [],
    planModules: [],
    dataFiles: [],
  };
}

function placeOf(file: string): string {
  return file.startsWith("/") ? file : `/${file}`;
}

import { createEffects } from "@sallyport/effects";
import {
  type Bundle,
  isBelowRoot,
  type Manifest,
  type ModuleFile,
  mergeBundles,
  regoVersionNumber,
} from "@sallyport/opa";
import {
  type CompileOptions,
  compileParsed,
  entrypointRef,
  entrypointsOf,
  findNode,
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
  const entrypoints = [...new Set([...options.entrypoints, ...entrypointsOf(modulesOf(merged))])];
  requireEntrypoints(entrypoints, options);
  const optimized = options.level > 0 ? optimizeBundle(merged, entrypoints, options) : merged;
  const policy = options.level > 0 && options.target === "rego" ? undefined : compileAll(modulesOf(optimized), options);
  if (options.target !== "rego" && policy !== undefined) requireRules(entrypoints, policy);
  if (options.target === "wasm") throw new BuildError("wasm compilation is not supported: use -t rego or -t plan");
  const planned =
    options.target === "plan" && policy !== undefined ? withPlan(optimized, entrypoints, policy) : optimized;
  return { ...planned, manifest: withRevision(planned.manifest, options.revision) };
}

function modulesOf({ modules }: Bundle): readonly Module[] {
  return modules.map(({ module }) => module);
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

/** What is planned must be a rule, or a package; below a rule it is a matter of types. */
function requireRules(entrypoints: readonly string[], policy: RegoPolicy): void {
  const missing = entrypoints.find((each) => !hasRule(policy, each.split("/").filter(Boolean)));
  if (missing !== undefined)
    throw new BuildError(`entrypoint ${JSON.stringify(missing)} does not refer to a rule or policy decision`);
}

function hasRule({ compiled: { root } }: RegoPolicy, path: readonly string[]): boolean {
  if (findNode(root, path) !== undefined) return true;
  return path.some((_, i) => (findNode(root, path.slice(0, i + 1))?.rules.length ?? 0) > 0);
}

function withRevision(manifest: Manifest, revision: string | undefined): Manifest {
  return revision === undefined ? manifest : { ...manifest, revision };
}

/** Modules that were made lie below `optimized/`, and are written in the bundle's version of Rego. */
function optimizeBundle(bundle: Bundle, entrypoints: readonly string[], options: BuildOptions): Bundle {
  const modules = optimize(modulesOf(bundle), entrypoints.map(entrypointRef), {
    data: bundle.data,
    roots: bundle.manifest.roots,
    level: options.level,
    effects: createEffects({}),
    ...(options.compile !== undefined && { compile: options.compile }),
    ...(options.namespace !== undefined && { namespace: options.namespace }),
  });
  return {
    ...bundle,
    manifest: optimizedManifest(bundle.manifest, options.namespace ?? "partial"),
    modules: modules.map((module) => fileOf(module, bundle.modules, options.regoVersion)),
  };
}

/** It is another bundle, which owns the rules that were made too. */
function optimizedManifest(manifest: Manifest, namespace: string): Manifest {
  const isOwned = manifest.roots.some((root) => isBelowRoot(namespace, root));
  return { ...manifest, revision: "", roots: isOwned ? manifest.roots : [...manifest.roots, namespace] };
}

function fileOf(module: Module, before: readonly ModuleFile[], regoVersion: RegoVersion): ModuleFile {
  const known = before.find(({ file }) => file === module.file);
  const url = known?.url ?? `/${module.file}`;
  return { url, file: module.file, text: module.text, regoVersion: known?.regoVersion ?? regoVersion, module };
}

function withPlan(bundle: Bundle, entrypoints: readonly string[], policy: RegoPolicy): Bundle {
  const bytes = new TextEncoder().encode(policy.planJson(entrypoints));
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

import {
  type Compiled,
  compileModules,
  type DataPath,
  type DataSnapshot,
  DataStore,
  type DataTransaction,
  type Diagnostic,
  formatDiagnostic,
  isObject,
  type JsonObject,
  lookup,
  type Module,
  parseModule,
  RegoError,
  RegoPolicy,
  type RegoVersion,
  type Value,
} from "@sallyport/rego";
import type { Bundle } from "../bundle/bundle.ts";
import { type ActiveBundle, type ActiveBundles, bundleDocument, checkRoots, placeBundle } from "./active-bundles.ts";
import { badRequest } from "./api-error.ts";
import { firstRuleOnData } from "./data-conflicts.ts";

/** A module of the server: what was put, and what was read of it. */
export interface StoredPolicy {
  readonly id: string;
  readonly text: string;
  readonly module: Module;
}

export interface PolicyStateOptions {
  readonly regoVersion?: RegoVersion;
  /** What files and bundles bring before the first request. */
  readonly policies?: readonly StoredPolicy[];
  readonly data?: JsonObject;
  /** Those that policies and data are of: they own their roots. */
  readonly bundles?: readonly ActiveBundle[];
}

export interface Reload {
  readonly policies: readonly StoredPolicy[];
  readonly data: JsonObject;
  /** Those that the files are, in the place of those that were read before. */
  readonly bundles?: readonly ActiveBundle[];
  /** Policies of files that were read before, by id. */
  readonly without: readonly string[];
}

/** Everything that a request is answered from, as it was at one moment. */
export interface Generation {
  readonly policy: RegoPolicy;
  readonly policies: ReadonlyMap<string, StoredPolicy>;
  readonly data: DataSnapshot;
  readonly bundles: ActiveBundles;
}

/**
 * Policies and base data of a server. Each write makes a whole new generation or changes nothing: readers keep the one they began with.
 * Throws `RegoError` for policies that do not compile, `StoreError` and `ApiError` for data that cannot be written.
 */
export class PolicyState {
  readonly #store: DataStore;
  readonly #options: { readonly regoVersion: RegoVersion };
  #policies: ReadonlyMap<string, StoredPolicy>;
  #policy: RegoPolicy;
  #bundles: ActiveBundles = new Map();

  constructor({ regoVersion = "v1", policies = [], data = {}, bundles = [] }: PolicyStateOptions = {}) {
    this.#options = { regoVersion };
    this.#store = new DataStore({ root: data });
    this.#store.write((transaction) => tellBundles(transaction, bundles));
    this.#bundles = byName(bundles);
    this.#policies = new Map(policies.map((each) => [each.id, each]));
    const { compiled, diagnostics } = compileModules(
      policies.map(({ module }) => module),
      { print: true, pathExists: (path) => this.#hasDocument(path) },
    );
    this.#policy = new RegoPolicy(orThrow(compiled, diagnostics), this.#options);
  }

  get generation(): Generation {
    return { policy: this.#policy, policies: this.#policies, data: this.#store.snapshot, bundles: this.#bundles };
  }

  /** Parses a policy as it would be put; throws `RegoError`. */
  parse(id: string, text: string): StoredPolicy {
    const { module, diagnostics } = parseModule(text, { file: id, regoVersion: this.#options.regoVersion });
    if (module === undefined || diagnostics.length > 0) throw new RegoError(diagnostics);
    return { id, text, module };
  }

  /** Puts a policy in the place of the one with its id. */
  putPolicy(policy: StoredPolicy): void {
    const { policy: next, diagnostics } = this.#policy.withModules([policy.module], this.#filesOf([policy.id]));
    this.#policy = orThrow(next, diagnostics);
    this.#policies = new Map([...this.#policies, [policy.id, policy]]);
  }

  /**
   * Files have changed: their policies and data in the place of those that were read of them before. Policies of the API stay. All or
   * nothing. Throws `RegoError`.
   */
  reload({ policies, data, without, bundles = [] }: Reload): void {
    const modules = policies.map(({ module }) => module);
    const kept = new Set(policies.map(({ id }) => id));
    const gone = without.filter((id) => !kept.has(id));
    const files = this.#filesOf([...gone, ...kept]);
    const { policy: next, diagnostics } = this.#policy.withModules(modules, files);
    const compiled = orThrow(next, diagnostics);
    this.#store.write((transaction) => {
      transaction.put([], data);
      tellBundles(transaction, bundles);
    });
    this.#bundles = new Map([...this.#bundles].filter(([, { isFile }]) => isFile !== true));
    for (const each of bundles) this.#bundles = new Map([...this.#bundles, [each.name, each]]);
    this.#policy = compiled;
    this.#policies = new Map([
      ...[...this.#policies].filter(([id]) => !gone.includes(id)),
      ...policies.map((each) => [each.id, each] as const),
    ]);
  }

  /**
   * Puts a bundle in force, in the place of the one of its name: its policies and its data, all or nothing. Throws `BundleError` for roots
   * that another one owns and patches that do not fit, `RegoError` for policies that do not compile with all others.
   */
  activate(name: string, bundle: Bundle, etag: string): void {
    const before = this.#bundles.get(name);
    checkRoots(this.#bundles, name, bundle.manifest);
    const isDelta = bundle.patch !== undefined;
    const policies = bundle.modules.map(({ file, text, module }) => ({ id: file, text, module }));
    const ids = isDelta ? (before?.policies ?? []) : policies.map(({ id }) => id);
    const gone = isDelta ? [] : (before?.policies ?? []).filter((id) => !ids.includes(id));
    const modules = policies.map(({ module }) => module);
    const { policy: next, diagnostics } = this.#policy.withModules(
      modules,
      this.#filesOf([...gone, ...policies.map(({ id }) => id)]),
    );
    const compiled = orThrow(next, diagnostics);
    const active: ActiveBundle = { name, etag, manifest: bundle.manifest, policies: ids };
    this.#store.write((transaction) => {
      placeBundle(transaction, bundle, before);
      transaction.put(["system", "bundles", name], bundleDocument(active));
    });
    this.#policy = compiled;
    this.#policies = new Map([
      ...[...this.#policies].filter(([id]) => !gone.includes(id)),
      ...policies.map((each) => [each.id, each] as const),
    ]);
    this.#bundles = new Map([...this.#bundles, [name, active]]);
  }

  /** False when there is none of that id. */
  deletePolicy(id: string): boolean {
    if (!this.#policies.has(id)) return false;
    const { policy: next, diagnostics } = this.#policy.withModules([], this.#filesOf([id]));
    this.#policy = orThrow(next, diagnostics);
    this.#policies = new Map([...this.#policies].filter(([each]) => each !== id));
    return true;
  }

  /** Changes base data; where a rule already lies, data may not be written. `path`: at or below which it is changed. */
  writeData<T>(path: DataPath, change: (transaction: DataTransaction) => T): T {
    return this.#store.write((transaction) => {
      const result = change(transaction);
      const rule = firstRuleOnData(this.#policy.compiled.root, path, (each) => transaction.read(each));
      if (rule === undefined) return result;
      const fault: Diagnostic = {
        code: "rego_compile_error",
        message: `conflicting rule for data path ${rule.path.join("/")} found`,
        loc: rule.rule.loc,
      };
      throw badRequest(`1 error occurred: ${formatDiagnostic(fault)}`);
    });
  }

  /** The files that policies were read of: paths as they were given, where ids are cleaned. */
  #filesOf(ids: readonly string[]): readonly string[] {
    return ids.flatMap((id) => this.#policies.get(id)?.module.file ?? []);
  }

  /** True when base data has something at the path, or something on the way to it that is no object. */
  #hasDocument(path: DataPath): boolean {
    let current: Value | undefined = this.#store.snapshot.root;
    for (const key of path) {
      if (!isObject(current)) return true;
      current = lookup(current, key);
      if (current === undefined) return false;
    }
    return true;
  }
}

function byName(bundles: readonly ActiveBundle[]): ActiveBundles {
  return new Map(bundles.map((each) => [each.name, each]));
}

/** What `data.system.bundles` tells. */
function tellBundles(transaction: DataTransaction, bundles: readonly ActiveBundle[]): void {
  for (const each of bundles) transaction.put(["system", "bundles", each.name], bundleDocument(each));
}

function orThrow<T extends RegoPolicy | Compiled>(made: T | undefined, diagnostics: readonly Diagnostic[]): T {
  if (made === undefined) throw new RegoError(diagnostics);
  return made;
}

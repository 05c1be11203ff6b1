import {
  type CreatePolicySet,
  emptyPolicySet,
  loadPolicyCompiler,
  type PolicySet,
  type PolicySource,
} from "@sallyport/admission";
import type { GroupVersionResource } from "@sallyport/kube";
import {
  defaultSyncOptions,
  type ObjectChange,
  PolicyLoader,
  Sync,
  type SyncEffects,
  type SyncOptions,
} from "@sallyport/opa/sync";

/** The policies, and `data` as they see it. */
interface InForce {
  readonly set: PolicySet;
  readonly data: { readonly [name: string]: unknown };
}

/**
 * Policies from ConfigMaps, and `data` as they see it. The compiler is loaded when the first policy comes; until it is there, changes wait
 * in their order, and decisions for them.
 */
export class LivePolicies {
  readonly #sync: Sync;
  #set: PolicySet = emptyPolicySet;
  #createPolicySet: CreatePolicySet | undefined;
  #loading: Promise<void> | undefined;
  #waiting: ObjectChange[] = [];

  /** In force beside those of ConfigMaps. */
  readonly #fixed: readonly PolicySource[];

  /** Throws nothing: `load` tells what is wrong with fixed policies. */
  constructor(options: Partial<SyncOptions>, annotate: SyncEffects["annotate"], fixed: readonly PolicySource[] = []) {
    this.#fixed = fixed;
    this.#sync = new Sync(
      { ...defaultSyncOptions, ...options },
      { policies: new PolicyLoader((each) => this.#activate(each)), annotate },
    );
  }

  /** What is in force for the next decision. */
  current(): InForce | Promise<InForce> {
    return this.#loading === undefined ? this.#inForce() : this.#loading.then(() => this.#inForce());
  }

  #inForce(): InForce {
    return { set: this.#set, data: this.#sync.data };
  }

  /** Compiles the fixed policies; answers what is wrong with them. */
  async load(): Promise<string | undefined> {
    if (this.#fixed.length === 0) return undefined;
    this.#createPolicySet = await loadPolicyCompiler();
    return this.#activate([]).error;
  }

  declare(resource: GroupVersionResource): void {
    this.#sync.declare(resource);
  }

  apply(change: ObjectChange): void {
    if (this.#createPolicySet === undefined && this.#loading === undefined && this.#sync.isPolicy(change))
      this.#loading = this.#load();
    if (this.#loading === undefined) this.#sync.apply(change);
    else this.#waiting.push(change);
  }

  async #load(): Promise<void> {
    this.#createPolicySet = await loadPolicyCompiler();
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#loading = undefined;
    this.#sync.applyAll(waiting);
  }

  #activate(sources: Parameters<CreatePolicySet>[0]): { readonly error?: string } {
    const result = this.#createPolicySet?.([...this.#fixed, ...sources], this.#set.generation + 1) ?? {
      error: "the compiler is not loaded",
    };
    if ("error" in result) return { error: result.error };
    this.#set = result.set;
    return {};
  }
}

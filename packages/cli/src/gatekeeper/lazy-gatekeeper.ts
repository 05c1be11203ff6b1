import type { Plugin } from "@sallyport/admission";
import type { GatekeeperPolicies, StoredChange } from "@sallyport/constraints";
import { isGatekeeperGroup } from "@sallyport/constraints/definitions";
import { gatekeeperPlugin } from "@sallyport/constraints/plugin";
import { type Answered, observedPlugin } from "./observed-plugin.ts";

/** Gatekeeper once something needs it. */
export interface LoadedGatekeeper {
  readonly policies: GatekeeperPolicies;
  /** Told of each change behind the policies. */
  readonly changed?: (change: StoredChange) => void;
  /** Told of each review. */
  readonly answered?: Answered;
}

/** Gatekeeper's plugin in a chain, whose engines are loaded with the first of Gatekeeper's objects: most clusters have none. */
export class LazyGatekeeper<T extends LoadedGatekeeper> {
  readonly plugin: Plugin;
  readonly #load: () => Promise<T>;
  /** What has come meanwhile. */
  #pending: StoredChange[] = [];
  #loading: Promise<T> | undefined;
  #loaded: T | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
    const plugin = gatekeeperPlugin({
      current: (isWanted) => {
        if (this.#loaded !== undefined) return this.#loaded.policies;
        return this.#loading === undefined && !isWanted ? undefined : this.load().then(({ policies }) => policies);
      },
    });
    this.plugin = observedPlugin(plugin, () => this.#loaded?.answered);
  }

  /** Undefined while nothing has needed it. */
  get loaded(): T | undefined {
    return this.#loaded;
  }

  /** What is loaded, or about to be. */
  async settled(): Promise<T | undefined> {
    await this.#loading?.catch(() => {});
    return this.#loaded;
  }

  load(): Promise<T> {
    this.#loading ??= this.#load().then((loaded) => {
      for (const change of this.#pending) this.#tell(loaded, change);
      this.#pending = [];
      this.#loaded = loaded;
      return loaded;
    });
    return this.#loading;
  }

  /** Takes in what has come, changed or gone. What is not Gatekeeper's own is asked for when it is needed. */
  apply(change: StoredChange): void {
    if (this.#loaded !== undefined) {
      this.#tell(this.#loaded, change);
      return;
    }
    if (!isGatekeeperGroup(change.resource.group)) return;
    this.#pending.push(change);
    // Whoever asks next is told what went wrong.
    this.load().catch(() => {});
  }

  #tell(loaded: T, change: StoredChange): void {
    loaded.policies.apply(change);
    loaded.changed?.(change);
  }
}

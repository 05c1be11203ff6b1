import type { KubeObject } from "@sallyport/kube";
import { idOf, type PolicySource, policiesOf } from "../config-maps.ts";
import type { LoadStatus } from "../policy-loader.ts";
import type { PolicyTarget } from "../sync.ts";
import { type AskOpa, dataPath, json, policyPath } from "./ask-opa.ts";

/** Below `data.system`, which queries over all of `data` leave out: what we have put, so that a later run can take it away. */
export const recordPath: readonly string[] = ["system", "sallyport", "sync"];

/** The error that OPA answers, as far as it is read. */
interface Refusal {
  readonly code?: string;
  readonly message?: string;
  readonly errors?: readonly { readonly location?: { readonly file?: string } }[];
}

/**
 * Keeps the policies of a server equal to the ConfigMaps. The server is the judge: what it refuses keeps its last good text there, all keys
 * of a ConfigMap together, and is tried again whenever another changes. Removed keys and ConfigMaps remove their policies, and with them
 * what of ours no longer compiles without them. A server that has lost everything is given the last good texts again, too.
 */
export class RemotePolicies implements PolicyTarget {
  readonly #wanted = new Map<string, readonly PolicySource[]>();
  /** By ConfigMap and policy, the text that the server has; undefined where it is not known. */
  readonly #inForce = new Map<string, Map<string, string | undefined>>();
  /** By ConfigMap, what the server took last. */
  readonly #good = new Map<string, readonly PolicySource[]>();
  readonly #statuses = new Map<string, LoadStatus>();
  #changed = new Set<string>();

  putAll(configMaps: readonly KubeObject[]): ReadonlyMap<string, LoadStatus> {
    for (const each of configMaps) {
      const id = idOf(each);
      const wanted = policiesOf(each);
      if (sameTexts(this.#wanted.get(id), wanted)) continue;
      this.#wanted.set(id, wanted);
      this.#changed.add(id);
    }
    return new Map();
  }

  remove(id: string): ReadonlyMap<string, LoadStatus> {
    this.#good.delete(id);
    if (this.#wanted.delete(id) || this.#inForce.has(id)) this.#changed.add(id);
    return new Map();
  }

  get isDirty(): boolean {
    return this.#changed.size > 0;
  }

  /** All that is wanted, by ConfigMap. */
  wanted(): readonly PolicySource[] {
    return [...this.#wanted.values()].flat();
  }

  /** Whether we have put, or want to put, a policy of that id. */
  owns(id: string): boolean {
    const owner = ownerOf(id);
    return (
      this.#inForce.get(owner)?.has(id) === true || this.#wanted.get(owner)?.some(({ name }) => name === id) === true
    );
  }

  /** Begins anew: nothing is known of the server but what an earlier run has left there, ids of policies by ConfigMap. */
  reset(left: ReadonlyMap<string, readonly string[]>): void {
    this.#inForce.clear();
    for (const [id, names] of left) this.#inForce.set(id, new Map(names.map((name) => [name, undefined])));
    this.#changed = new Set([...this.#wanted.keys(), ...left.keys()]);
  }

  /** Writes what differs. Answers the ConfigMaps whose status is new. Rejects when the server is away; then it is to be called again. */
  async push(ask: AskOpa): Promise<ReadonlyMap<string, LoadStatus>> {
    const changed = this.#changed;
    this.#changed = new Set();
    const told = new Map<string, LoadStatus>();
    try {
      await new Push(ask, this.#wanted, { inForce: this.#inForce, good: this.#good }, (id, status) => {
        if (!changed.has(id) && JSON.stringify(this.#statuses.get(id)) === JSON.stringify(status)) return;
        this.#statuses.set(id, status);
        told.set(id, status);
      }).run();
    } catch (error) {
      for (const id of changed) this.#changed.add(id);
      throw error;
    }
    return told;
  }
}

/** By ConfigMap. */
interface ServerState {
  readonly inForce: Map<string, Map<string, string | undefined>>;
  readonly good: Map<string, readonly PolicySource[]>;
}

/** One round of writing. */
class Push {
  readonly #ask: AskOpa;
  readonly #wanted: ReadonlyMap<string, readonly PolicySource[]>;
  readonly #inForce: ServerState["inForce"];
  readonly #good: ServerState["good"];
  readonly #report: (id: string, status: LoadStatus) => void;

  constructor(
    ask: AskOpa,
    wanted: ReadonlyMap<string, readonly PolicySource[]>,
    { inForce, good }: ServerState,
    report: (id: string, status: LoadStatus) => void,
  ) {
    this.#ask = ask;
    this.#wanted = new Map(wanted);
    this.#inForce = inForce;
    this.#good = good;
    this.#report = report;
  }

  /** Puts until no more can be put, then removes, then puts what may have waited for that. */
  async run(): Promise<void> {
    const refused = new Map<string, Refusal>();
    await this.#putAll(refused);
    for (const id of [...this.#inForce.keys()].sort()) await this.#removeDropped(id);
    if (refused.size > 0) await this.#putAll(refused);
    // Others may have waited for what was there before the server lost it.
    while (await this.#putLastGood(refused)) await this.#putAll(refused);
    for (const [id, refusal] of refused) this.#report(id, { status: "error", error: refusal });
  }

  async #putAll(refused: Map<string, Refusal>): Promise<void> {
    let waiting = [...this.#wanted.keys()].sort();
    for (let before = -1; before !== waiting.length; ) {
      before = waiting.length;
      const next: string[] = [];
      for (const id of waiting) {
        const refusal = await this.#put(id);
        if (refusal === undefined) {
          refused.delete(id);
          this.#good.set(id, this.#wanted.get(id) ?? []);
          this.#report(id, { status: "ok" });
        } else {
          refused.set(id, refusal);
          next.push(id);
        }
      }
      waiting = next;
    }
  }

  /** The last good texts of what is refused where nothing of it is in force; whether any were taken. */
  async #putLastGood(refused: ReadonlyMap<string, Refusal>): Promise<boolean> {
    let isAny = false;
    for (const id of refused.keys()) {
      const good = this.#good.get(id) ?? [];
      if (good.length === 0 || this.#inForce.get(id)?.size || sameTexts(this.#wanted.get(id), good)) continue;
      await this.#record(
        id,
        good.map(({ name }) => name),
      );
      if ((await this.#putTexts(id, good)) === undefined) isAny = true;
      else await this.#restore(id, new Map());
    }
    return isAny;
  }

  /** All keys of a ConfigMap or none. A key that was renamed may only be taken when the old one is gone. */
  async #put(id: string): Promise<Refusal | undefined> {
    const before = new Map(this.#inForce.get(id));
    const left = (this.#wanted.get(id) ?? []).filter(
      ({ name, text }) => before.get(name) !== text || !before.has(name),
    );
    if (left.length === 0) return undefined;
    await this.#record(id, [...before.keys(), ...left.map(({ name }) => name)]);
    let refusal = await this.#putTexts(id, left);
    if (refusal !== undefined && this.#dropped(id).length > 0) {
      for (const name of this.#dropped(id)) await this.#delete(id, name);
      refusal = await this.#putTexts(
        id,
        left.filter(({ name, text }) => this.#inForce.get(id)?.get(name) !== text),
      );
    }
    if (refusal !== undefined) await this.#restore(id, before);
    return refusal;
  }

  /** Whatever their order; the last refusal when some are left. */
  async #putTexts(id: string, texts: readonly PolicySource[]): Promise<Refusal | undefined> {
    let refusal: Refusal | undefined;
    let left = texts;
    for (let before = -1; before !== left.length; ) {
      before = left.length;
      refusal = undefined;
      const next: PolicySource[] = [];
      for (const each of left) {
        const { status, body } = await this.#ask("PUT", policyPath(each.name), { type: "text/plain", text: each.text });
        if (status < 400) this.#folder(id).set(each.name, each.text);
        else {
          refusal ??= body as Refusal;
          next.push(each);
        }
      }
      left = next;
    }
    return refusal;
  }

  /** Back to what was in force; texts that are not known stay as they are. */
  async #restore(id: string, before: ReadonlyMap<string, string | undefined>): Promise<void> {
    const now = this.#folder(id);
    for (const name of [...now.keys()].filter((each) => !before.has(each))) await this.#delete(id, name);
    const texts = [...before].filter(
      (entry): entry is [string, string] => entry[1] !== undefined && now.get(entry[0]) !== entry[1],
    );
    await this.#putTexts(
      id,
      texts.map(([name, text]) => ({ name, file: name, text })),
    );
    if (this.#wanted.has(id) && now.size === 0) await this.#record(id, []);
  }

  #dropped(id: string): readonly string[] {
    const wanted = new Set((this.#wanted.get(id) ?? []).map(({ name }) => name));
    return [...(this.#inForce.get(id)?.keys() ?? [])].filter((name) => !wanted.has(name));
  }

  async #removeDropped(id: string): Promise<void> {
    const wanted = this.#wanted.get(id);
    const isWaiting = wanted?.some(({ name, text }) => this.#inForce.get(id)?.get(name) !== text) === true;
    const dropped = this.#dropped(id);
    // What replaces them is not taken: the last good ones stay.
    if (isWaiting || dropped.length === 0) return;
    for (const name of dropped) await this.#deleteWithDependents(id, name);
    await this.#record(id, [...this.#folder(id).keys()]);
    if (this.#folder(id).size === 0) this.#inForce.delete(id);
  }

  /** What no longer compiles without it goes first; a policy that somebody else has put, never. */
  async #deleteWithDependents(id: string, name: string, begun: ReadonlySet<string> = new Set()): Promise<void> {
    const going = new Set([...begun, name]);
    for (let refusal = await this.#delete(id, name); refusal !== undefined; refusal = await this.#delete(id, name)) {
      const files = new Set((refusal.errors ?? []).map(({ location }) => location?.file ?? ""));
      const dependents = [...files].filter(
        (file) => !going.has(file) && this.#inForce.get(ownerOf(file))?.has(file) === true,
      );
      if (dependents.length === 0) return;
      for (const each of dependents) {
        const owner = ownerOf(each);
        await this.#deleteWithDependents(owner, each, going);
        if (this.#wanted.has(owner)) this.#report(owner, { status: "error", error: refusal });
      }
    }
  }

  async #delete(id: string, name: string): Promise<Refusal | undefined> {
    const { status, body } = await this.#ask("DELETE", policyPath(name));
    if (status >= 400 && status !== 404) return body as Refusal;
    this.#folder(id).delete(name);
    return undefined;
  }

  /** Before anything is put, and after everything is gone: who begins anew finds no policy that is not recorded. */
  async #record(id: string, names: readonly string[]): Promise<void> {
    const path = dataPath([...recordPath, "policies", id]);
    if (names.length === 0) {
      await this.#ask("DELETE", path);
      return;
    }
    await this.#ask("PUT", path, json([...new Set(names)].sort()));
  }

  #folder(id: string): Map<string, string | undefined> {
    let folder = this.#inForce.get(id);
    if (folder === undefined) {
      folder = new Map();
      this.#inForce.set(id, folder);
    }
    return folder;
  }
}

/** `namespace/configmap` of `namespace/configmap/key`. */
function ownerOf(policy: string): string {
  return policy.split("/").slice(0, 2).join("/");
}

function sameTexts(a: readonly PolicySource[] | undefined, b: readonly PolicySource[]): boolean {
  return a?.length === b.length && a.every((each, i) => each.name === b[i]?.name && each.text === b[i]?.text);
}

import type { ExternalSecret } from "./external-secret.ts";
import type { Stores } from "./provider-data.ts";
import { type Outcome, reconcile, type SecretWriter, targetOf } from "./reconcile.ts";
import { dueInMs, retryInMs, type SyncedStatus, versionOf } from "./schedule.ts";

/** As External Secrets has it. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
  /** RFC 3339. */
  readonly lastTransitionTime: string;
}

export interface ExternalSecretStatus extends SyncedStatus {
  readonly conditions?: readonly Condition[];
  readonly binding?: { readonly name: string };
}

/** An ExternalSecret as an API server has it. */
export interface ExternalSecretObject extends ExternalSecret {
  readonly status?: ExternalSecretStatus;
}

export interface ControllerOptions {
  /** For one look at the stores of a namespace. */
  readonly storesFor: (namespace: string) => Stores;
  readonly secrets: SecretWriter;
  /** Secrets of this name that it made under another name before; they are not wanted any more. */
  readonly orphansOf: (external: ExternalSecret) => Promise<readonly SecretToRemove[]>;
  readonly writeStatus: (external: ExternalSecret, status: ExternalSecretStatus) => Promise<void>;
  readonly tell: (external: ExternalSecret, event: ToldEvent) => void;
  /** What could not be told of an object: its status, an event. */
  readonly onFault: (external: ExternalSecret, error: Error) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Calls later, unless what it answers is called before. */
  readonly after: (ms: number, call: () => void) => () => void;
}

export type SecretToRemove = Parameters<SecretWriter["remove"]>[0];

export interface ToldEvent {
  readonly type: "Normal" | "Warning";
  /** As External Secrets names it. */
  readonly reason: "Created" | "Updated" | "Deleted" | "UpdateFailed";
  readonly message: string;
}

interface Entry {
  external: ExternalSecretObject;
  /** What we know of its last synchronization: the object may tell it later. */
  synced: SyncedStatus;
  conditions: readonly Condition[];
  faults: number;
  /** Of the specification that `faults` are of. */
  version: string;
  retryAt: number;
  /** Its Secret was changed by somebody: it is due whatever its time. */
  isTouched: boolean;
  lastAt: number;
  isRunning: boolean;
  cancel: () => void;
}

/** So many are worked on at a time. */
const atOnce = 4;

/** Somebody who changes a Secret again and again is not answered more often. */
const shortestMs = 1_000;

/** setTimeout fires at once when asked for more. */
const longestTimerMs = 2 ** 31 - 1;

/** Keeps Secrets what their ExternalSecrets say: when they change, when it is time, when somebody else has changed them. */
export class ExternalSecretController {
  readonly #options: ControllerOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Set<string>();
  #running = 0;
  #isStopped = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  /** One that is there, or was changed. */
  see(external: ExternalSecretObject): void {
    const key = keyOf(external);
    const version = versionOf(external);
    const known = this.#entries.get(key);
    if (known === undefined || known.external.metadata.uid !== external.metadata.uid) {
      known?.cancel();
      const { status = {} } = external;
      const conditions = status.conditions ?? [];
      const fresh = { faults: 0, retryAt: 0, isTouched: false, lastAt: Number.NEGATIVE_INFINITY, isRunning: false };
      this.#entries.set(key, { external, synced: status, conditions, version, cancel: () => {}, ...fresh });
    } else {
      known.external = external;
      // Another specification may have mended what was wrong.
      if (known.version !== version) known.faults = 0;
      known.version = version;
    }
    this.#plan(key);
  }

  forget(external: Pick<ExternalSecret, "metadata">): void {
    const key = keyOf(external);
    this.#entries.get(key)?.cancel();
    this.#entries.delete(key);
    this.#waiting.delete(key);
  }

  /** A Secret that an ExternalSecret may have made was changed, or is gone. */
  touch(namespace: string, name: string): void {
    for (const [key, entry] of this.#entries) {
      if (entry.external.metadata.namespace !== namespace || targetOf(entry.external) !== name) continue;
      if (entry.external.spec.target?.creationPolicy === "None") continue;
      entry.isTouched = true;
      this.#plan(key);
    }
  }

  /** Those that failed are tried again, for the store that they need has changed. */
  retry(isMeant: (external: ExternalSecret) => boolean): void {
    for (const [key, entry] of this.#entries) {
      if (entry.faults === 0 || !isMeant(entry.external)) continue;
      entry.faults = 0;
      this.#plan(key);
    }
  }

  /** How many are there, and how many of them failed the last time. */
  get counts(): { readonly externals: number; readonly failing: number } {
    const failing = [...this.#entries.values()].filter(({ faults }) => faults > 0).length;
    return { externals: this.#entries.size, failing };
  }

  stop(): void {
    this.#isStopped = true;
    for (const { cancel } of this.#entries.values()) cancel();
    this.#waiting.clear();
  }

  #plan(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.isRunning || this.#isStopped) return;
    entry.cancel();
    this.#waiting.delete(key);
    const wait = this.#waitOf(entry);
    if (wait === undefined) return;
    if (wait > 0) {
      entry.cancel = this.#options.after(Math.min(wait, longestTimerMs), () => this.#plan(key));
      return;
    }
    this.#waiting.add(key);
    this.#begin();
  }

  #waitOf(entry: Entry): number | undefined {
    const now = this.#options.now();
    if (entry.faults > 0) return Math.max(0, entry.retryAt - now);
    if (entry.isTouched) return Math.max(0, entry.lastAt + shortestMs - now);
    try {
      return dueInMs(entry.external, entry.synced, now, this.#options.random());
    } catch {
      // A time that cannot be read is told by working on it.
      return 0;
    }
  }

  #begin(): void {
    for (const key of this.#waiting) {
      if (this.#running >= atOnce) return;
      this.#waiting.delete(key);
      const entry = this.#entries.get(key);
      if (entry === undefined) continue;
      this.#running++;
      entry.isRunning = true;
      void this.#work(entry).finally(() => {
        this.#running--;
        entry.isRunning = false;
        if (this.#entries.get(key) === entry) this.#plan(key);
        this.#begin();
      });
    }
  }

  async #work(entry: Entry): Promise<void> {
    const { external, version } = entry;
    const { storesFor, secrets, now, random } = this.#options;
    entry.isTouched = false;
    entry.lastAt = now();
    const outcome = await reconcile(external, storesFor(external.metadata.namespace), secrets);
    if (outcome.isReady) await this.#removeOrphans(external);
    entry.faults = outcome.isReady ? 0 : entry.faults + 1;
    if (!outcome.isReady) entry.retryAt = now() + retryInMs(entry.faults, random());
    // What did not succeed keeps the time when it last did.
    if (outcome.isReady) entry.synced = { refreshTime: timeText(entry.lastAt), syncedResourceVersion: version };
    await this.#write(entry, external, outcome);
  }

  async #removeOrphans(external: ExternalSecret): Promise<void> {
    if ((external.spec.target?.creationPolicy ?? "Owner") !== "Owner") return;
    const { orphansOf, secrets, tell, onFault } = this.#options;
    try {
      for (const orphan of await orphansOf(external)) {
        await secrets.remove(orphan);
        tell(external, { type: "Normal", reason: "Deleted", message: "secret deleted because it was orphaned" });
      }
    } catch (error) {
      onFault(external, error as Error);
    }
  }

  async #write(entry: Entry, external: ExternalSecret, outcome: Outcome): Promise<void> {
    const { writeStatus, tell, onFault } = this.#options;
    const [event, isNews] = [eventOf(outcome), isOther(entry.conditions, outcome)];
    entry.conditions = conditionsWith(entry.conditions, outcome, timeText(this.#options.now()));
    const binding = outcome.reason === "SecretSynced" && external.spec.target?.creationPolicy !== "None";
    try {
      // The same fault is told once: its condition stays.
      if (event !== undefined && (outcome.isReady || isNews)) tell(external, event);
      await writeStatus(external, {
        ...entry.synced,
        conditions: entry.conditions,
        ...(binding && { binding: { name: targetOf(external) } }),
      });
    } catch (error) {
      onFault(external, error as Error);
    }
  }
}

function eventOf({ isReady, done, message }: Outcome): ToldEvent | undefined {
  if (!isReady) return { type: "Warning", reason: "UpdateFailed", message };
  if (done === undefined) return undefined;
  return { type: "Normal", reason: done, message: done === "Deleted" ? message : `secret ${done.toLowerCase()}` };
}

function isOther(conditions: readonly Condition[], { isReady, message }: Outcome): boolean {
  const ready = conditions.find(({ type }) => type === "Ready");
  return ready?.status !== (isReady ? "True" : "False") || ready.message !== message;
}

/** With the condition Ready as it is now; its time is that of the last change between True and False. */
export function conditionsWith(
  conditions: readonly Condition[],
  { isReady, reason, message }: Pick<Outcome, "isReady" | "message"> & { readonly reason: string },
  now: string,
): readonly Condition[] {
  const before = conditions.find(({ type }) => type === "Ready");
  const status = isReady ? "True" : "False";
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now;
  const ready: Condition = { type: "Ready", status, reason, message, lastTransitionTime };
  return [...conditions.filter(({ type }) => type !== "Ready"), ready];
}

/** Kubernetes' times have whole seconds. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, "Z");
}

function keyOf({ metadata: { namespace, name } }: Pick<ExternalSecret, "metadata">): string {
  return `${namespace}/${name}`;
}

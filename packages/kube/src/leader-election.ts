import type { RecordEvent } from "./event-recorder.ts";
import type { KubeObject } from "./object.ts";

/** kube-controller-manager's `--leader-elect-lease-duration`, `--leader-elect-renew-deadline` and `--leader-elect-retry-period`. */
export interface LeaseTimes {
  readonly leaseSeconds: number;
  /** How long who leads tries to renew before it gives up: less than the lease. */
  readonly renewDeadlineSeconds: number;
  readonly retrySeconds: number;
}

/** Its defaults. */
export const leaseTimes: LeaseTimes = { leaseSeconds: 15, renewDeadlineSeconds: 10, retrySeconds: 2 };

/** Where the Lease lies, as one candidate comes to it. */
export interface LeaseAccess {
  /** As it is known now; undefined where there is none. Rejects where that cannot be told. */
  readonly read: () => Promise<KubeObject | undefined>;
  /** Creates one without a resourceVersion, else replaces just that version of it. Rejects when somebody was faster. */
  readonly write: (lease: KubeObject) => Promise<unknown>;
}

export interface LeaderElectionOptions {
  /** The Lease. */
  readonly name: string;
  readonly namespace: string;
  /** Who we are: no other candidate has the same. */
  readonly identity: string;
  readonly times: LeaseTimes;
  readonly access: LeaseAccess;
  readonly clock: {
    /** Milliseconds since the epoch. */
    readonly now: () => number;
    /** Calls later, unless what it answers is called before. */
    readonly after: (milliseconds: number, call: () => void) => () => void;
  };
  readonly record: RecordEvent;
  /** Begins to lead; answers how to end. */
  readonly lead: () => Promise<() => Promise<void>>;
  readonly onFault: (error: unknown) => void;
}

interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

const unknown: unique symbol = Symbol("unknown");

/**
 * Of all that share a store, or a cluster, one leads: who holds the Lease and renews it. Another takes it when nobody has renewed it for as long as it
 * says, measured here since the change was seen: clocks of machines are never compared, and no step of a clock ends a lease.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  #seen: string | undefined;
  #isExpired = false;
  #cancelExpiry = () => {};
  #cancelRetry = () => {};
  #cancelDeadline = () => {};
  #end: (() => Promise<void>) | undefined;
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
  }

  get isLeading(): boolean {
    return this.#end !== undefined;
  }

  /** Resolves when we lead, or when another one does. */
  async start(): Promise<void> {
    await this.#attempt();
    this.#repeat();
  }

  /** Ends leading, and lets the lease go, so that another need not wait. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry();
    await this.#work;
    this.#cancelExpiry();
    if (!this.isLeading) return;
    await this.#stepDown();
    await this.#write((held) => ({ ...held, holderIdentity: "", leaseDurationSeconds: 1, renewTime: this.#now() }));
  }

  #repeat(): void {
    if (this.#isStopped) return;
    this.#cancelRetry = this.#options.clock.after(this.#options.times.retrySeconds * 1000, () => {
      this.#work = this.#attempt().finally(() => this.#repeat());
    });
  }

  async #attempt(): Promise<void> {
    const { identity, times, clock, lead, onFault } = this.#options;
    const lease = await this.#observe();
    if (lease === unknown) return;
    const held = specOf(lease);
    const isFree = lease === undefined || !held.holderIdentity || this.#isExpired;
    if (!isFree && held.holderIdentity !== identity) return this.#stepDown();
    if (!(await this.#write((before) => this.#held(before)))) return;
    await this.#observe();
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(times.renewDeadlineSeconds * 1000, () => void this.#stepDown());
    if (this.isLeading || this.#isStopped) return;
    try {
      this.#end = await lead();
      await this.#tell("became leader");
    } catch (error) {
      onFault(error);
    }
  }

  /** The lease as it is known here; each change of it gives its holder the time that it says. */
  async #observe(): Promise<KubeObject | undefined | typeof unknown> {
    const lease = await this.#lease();
    if (lease === unknown) return lease;
    const version = lease?.metadata.resourceVersion;
    if (version === this.#seen) return lease;
    this.#seen = version;
    this.#isExpired = false;
    this.#cancelExpiry();
    const seconds = specOf(lease).leaseDurationSeconds ?? this.#options.times.leaseSeconds;
    this.#cancelExpiry = this.#options.clock.after(seconds * 1000, () => {
      this.#isExpired = true;
    });
    return lease;
  }

  #held(before: LeaseSpec): LeaseSpec {
    const { identity, times } = this.#options;
    const renewed = { holderIdentity: identity, leaseDurationSeconds: times.leaseSeconds, renewTime: this.#now() };
    if (before.holderIdentity === identity) return { ...before, ...renewed };
    const leaseTransitions = before.holderIdentity === undefined ? 0 : (before.leaseTransitions ?? 0) + 1;
    return { ...renewed, acquireTime: renewed.renewTime, leaseTransitions };
  }

  /** Whether the lease was written on what was seen of it: false when somebody was faster, or the store is away. */
  async #write(change: (before: LeaseSpec) => LeaseSpec): Promise<boolean> {
    const { access, name, namespace } = this.#options;
    const lease = await this.#lease();
    if (lease === unknown) return false;
    const made = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, namespace } };
    try {
      await access.write({ ...(lease ?? made), spec: change(specOf(lease)) });
      return true;
    } catch {
      return false;
    }
  }

  async #stepDown(): Promise<void> {
    this.#cancelDeadline();
    const end = this.#end;
    if (end === undefined) return;
    this.#end = undefined;
    await end();
    await this.#tell("stopped leading");
  }

  async #tell(what: string): Promise<void> {
    const lease = await this.#lease();
    if (typeof lease === "object")
      this.#options.record(lease, "Normal", "LeaderElection", `${this.#options.identity} ${what}`);
  }

  /** `unknown` while nobody answers: what was known of it holds until then. */
  #lease(): Promise<KubeObject | undefined | typeof unknown> {
    return this.#options.access.read().catch(() => unknown);
  }

  /** A MicroTime. */
  #now(): string {
    return new Date(this.#options.clock.now()).toISOString().replace("Z", "000Z");
  }
}

function specOf(lease: KubeObject | undefined): LeaseSpec {
  return (lease?.["spec"] ?? {}) as LeaseSpec;
}

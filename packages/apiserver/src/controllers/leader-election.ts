import type { KubeObject, RecordEvent } from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";
import type { Client } from "./client.ts";
import type { Clock } from "./work-queue.ts";

/** kube-controller-manager's `--leader-elect-lease-duration`, `--leader-elect-renew-deadline` and `--leader-elect-retry-period`. */
export interface LeaseTimes {
  readonly leaseSeconds: number;
  /** How long who leads tries to renew before it gives up: less than the lease. */
  readonly renewDeadlineSeconds: number;
  readonly retrySeconds: number;
}

/** Its defaults. */
export const leaseTimes: LeaseTimes = { leaseSeconds: 15, renewDeadlineSeconds: 10, retrySeconds: 2 };

const namespace = "kube-system";

export interface LeaderElectionOptions {
  /** The Lease in kube-system. */
  readonly name: string;
  /** Who we are: no other candidate has the same. */
  readonly identity: string;
  readonly times: LeaseTimes;
  readonly cache: Cache;
  readonly client: Client;
  readonly clock: Clock;
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

/**
 * Of all that share a store, one leads: who holds the Lease and renews it. Another takes it when nobody has renewed it for as long as it
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
    const lease = this.#observe();
    const held = specOf(lease);
    const isFree = lease === undefined || !held.holderIdentity || this.#isExpired;
    if (!isFree && held.holderIdentity !== identity) return this.#stepDown();
    if (!(await this.#write((before) => this.#held(before)))) return;
    this.#observe();
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(times.renewDeadlineSeconds * 1000, () => void this.#stepDown());
    if (this.isLeading || this.#isStopped) return;
    try {
      this.#end = await lead();
      this.#tell("became leader");
    } catch (error) {
      onFault(error);
    }
  }

  /** The lease as it is known here; each change of it gives its holder the time that it says. */
  #observe(): KubeObject | undefined {
    const lease = this.#lease();
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
    const { client, name } = this.#options;
    const lease = this.#lease();
    try {
      if (lease === undefined)
        await client.create({
          apiVersion: "coordination.k8s.io/v1",
          kind: "Lease",
          metadata: { name, namespace },
          spec: change({}),
        });
      else
        await client.update(lease, (fresh) => {
          if (fresh.metadata.resourceVersion !== lease.metadata.resourceVersion) throw new Error("somebody was faster");
          return { ...fresh, spec: change(specOf(fresh)) };
        });
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
    this.#tell("stopped leading");
  }

  #tell(what: string): void {
    const lease = this.#lease();
    if (lease !== undefined)
      this.#options.record(lease, "Normal", "LeaderElection", `${this.#options.identity} ${what}`);
  }

  #lease(): KubeObject | undefined {
    return this.#options.cache.get("coordination.k8s.io", "leases", namespace, this.#options.name);
  }

  /** A MicroTime. */
  #now(): string {
    return new Date(this.#options.clock.now()).toISOString().replace("Z", "000Z");
  }
}

function specOf(lease: KubeObject | undefined): LeaseSpec {
  return (lease?.["spec"] ?? {}) as LeaseSpec;
}

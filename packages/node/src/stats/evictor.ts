import type { KubeObject } from "@sallyport/kube";
import type { KubeletClock, Tell } from "../kubelet/context.ts";
import type { PodWorker } from "../kubelet/pod-worker.ts";
import { evictionMessage, evictionOrder } from "./eviction.ts";
import type { PodPlaces, PodUsage } from "./pod-usage.ts";
import { Pressures, type Shortage } from "./pressure.ts";
import { hasStorageLimit, storageExcess } from "./storage-limits.ts";

export interface EvictorOptions {
  readonly clock: KubeletClock;
  readonly workers: () => readonly Pick<PodWorker, "places" | "evict">[];
  readonly usage: (places: PodPlaces) => Promise<PodUsage>;
  readonly shortages: () => Promise<readonly Shortage[]>;
  /** Frees what of the disk no pod needs. */
  readonly reclaim: () => Promise<void>;
  /** Of the node itself. */
  readonly tell: Tell;
  readonly node: KubeObject;
  readonly onFault: (error: Error) => void;
}

/** kubelet's evictionMonitoringPeriod. */
const everyMs = 10_000;

/** Ends pods that write more to the disk than they may, and one at a time where the machine is short of memory or disk. */
export class Evictor {
  readonly #options: EvictorOptions;
  readonly #pressures = new Pressures();

  constructor(options: EvictorOptions) {
    this.#options = options;
  }

  /** What the Node tells of what there is too little of. */
  get pressures() {
    return this.#pressures.at(this.#options.clock.now());
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, onFault } = this.#options;
    while (!signal.aborted) {
      await this.look().catch(onFault);
      await clock.sleep(everyMs, signal);
    }
  }

  /** One look; kubelet's synchronize. Pods that exceed their limits go first, and may be all that was short. */
  async look(): Promise<void> {
    const { clock, shortages } = this.#options;
    const short = await shortages();
    this.#pressures.see(short, clock.now());
    if (await this.#evictForLimits()) return;
    const [first] = short.filter(({ what }) => what !== "pid");
    if (first !== undefined) await this.#evictFor(first);
  }

  async #evictForLimits(): Promise<boolean> {
    const { workers, usage } = this.#options;
    let hasEvicted = false;
    for (const worker of workers()) {
      const { places } = worker;
      if (places === undefined || !hasStorageLimit(places.pod)) continue;
      const excess = storageExcess(await usage(places));
      if (excess !== undefined && worker.evict(excess, false)) hasEvicted = true;
    }
    return hasEvicted;
  }

  async #evictFor(shortage: Shortage): Promise<void> {
    const { workers, usage, tell, node } = this.#options;
    tell(node, "Warning", "EvictionThresholdMet", `Attempting to reclaim ${shortage.resource}`);
    if (shortage.what === "disk" && (await this.#hasReclaimed())) return;
    const found = new Map<PodUsage, Pick<PodWorker, "evict">>();
    for (const worker of workers()) {
      const { places } = worker;
      if (places !== undefined) found.set(await usage(places), worker);
    }
    for (const each of evictionOrder([...found.keys()], shortage))
      if (found.get(each)?.evict(evictionMessage(each, shortage), true) === true) return;
  }
  /** Whether nothing is short any more, without the end of any pod. */
  async #hasReclaimed(): Promise<boolean> {
    const { reclaim, shortages, onFault } = this.#options;
    await reclaim().catch(onFault);
    return !(await shortages()).some(({ what }) => what !== "pid");
  }
}

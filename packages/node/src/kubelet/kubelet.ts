import { type Client, FollowedResource } from "@sallyport/cluster";
import { type KubeObject, StatusError } from "@sallyport/kube";
import type { PodPlace } from "@sallyport/streaming";
import type { KubeletClock, Tell } from "./context.ts";
import { mayRun } from "./node-fit.ts";
import type { Pod, PodStatus } from "./pod.ts";
import { PodWorker, type Sandbox } from "./pod-worker.ts";

export interface KubeletOptions {
  /** As the node itself: `system:node:NAME`. */
  readonly client: Client;
  readonly node: string;
  readonly hostIP: string;
  readonly clock: KubeletClock;
  readonly random: () => number;
  readonly tell: Tell;
  /** Handlers of RuntimeClasses that work here. */
  readonly makeSandbox: (pod: () => Pod, signal: AbortSignal) => Promise<Sandbox>;
  /** The pod as its containers are run; as it is when absent. */
  readonly asRun?: (pod: Pod) => Pod;
  readonly logFolder: (pod: Pod, container: string) => string;
  /** Takes away what a pod leaves when it is gone: its logs. */
  readonly clean: (pod: Pod) => Promise<void>;
  readonly onFault: (error: Error) => void;
}

/** How often a status is tried that the server does not take, and how long in between: kubelets go on until it does. */
const [tries, retryMs] = [60, 1000];

/** Follows the pods that are assigned to this node, and lives each of them. */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #workers = new Map<string, PodWorker>();
  readonly #follow: FollowedResource;
  readonly #stop = new AbortController();

  constructor(options: KubeletOptions) {
    this.#options = options;
    const { client, node, random, onFault } = options;
    this.#follow = new FollowedResource({
      client,
      resource: { group: "", version: "v1", resource: "pods" },
      fieldSelector: `spec.nodeName=${node}`,
      random,
      onFault,
      onChanges: (changes) => {
        for (const { object, namespace, name } of changes)
          if (object === undefined) this.#gone(namespace, name);
          else this.#seen(object as Pod);
      },
    });
  }

  get synced(): Promise<void> {
    return this.#follow.synced;
  }

  /** Of all pods that are here. */
  get workers(): readonly PodWorker[] {
    return [...this.#workers.values()];
  }

  /** The worker of a pod that is here. */
  readonly worker = ({ namespace, name, uid }: PodPlace): PodWorker | undefined => {
    for (const worker of this.#workers.values()) {
      const { metadata } = worker.pod;
      const isIt = metadata.namespace === namespace && metadata.name === name;
      if (isIt && (uid === undefined || metadata.uid === uid)) return worker;
    }
    return undefined;
  };

  /** Ends all pods, each with the grace of so many seconds at most, and takes away what is theirs on the machine. The API server keeps them. */
  async stop(graceSeconds: number): Promise<void> {
    this.#follow.stop();
    this.#stop.abort();
    const workers = [...this.#workers.values()];
    for (const worker of workers) worker.terminate(graceSeconds);
    await Promise.all(workers.map(({ done }) => done.catch(this.#options.onFault)));
  }

  #seen(given: Pod): void {
    const pod = this.#options.asRun?.(given) ?? given;
    const uid = pod.metadata.uid ?? "";
    const known = this.#workers.get(uid);
    if (known !== undefined) {
      known.update(pod);
      return;
    }
    const before = this.worker({ namespace: pod.metadata.namespace ?? "", name: pod.metadata.name ?? "" });
    // Another of the same name: the old one was gone while nobody watched.
    before?.terminate(1);
    const { clock, tell, hostIP, makeSandbox, logFolder } = this.#options;
    if (isOver(pod) && !pod.metadata.deletionTimestamp) return;
    const worker = new PodWorker(pod, {
      clock,
      tell,
      hostIP,
      makeSandbox,
      logFolder,
      refusal: mayRun,
      writeStatus: (of, status) => this.#writeStatus(of, status),
      forget: (of) => this.#forget(of),
    });
    this.#workers.set(uid, worker);
    void worker.done.catch(this.#options.onFault).then(() => this.#workers.delete(uid));
    if (pod.metadata.deletionTimestamp) worker.update(pod);
  }

  /** Somebody took it from the API server without waiting for us. */
  #gone(namespace: string, name: string): void {
    this.worker({ namespace, name })?.terminate(1);
  }

  async #writeStatus(pod: Pod, status: PodStatus): Promise<void> {
    const { clock, client, onFault } = this.#options;
    // What ends because we stop has not ended for the API server: the next life of this node goes on with it.
    if (this.#stop.signal.aborted) return;
    const body = { metadata: { uid: pod.metadata.uid }, status: replacingAddresses(status) };
    const call = { method: "PATCH", body, type: "application/strategic-merge-patch+json" };
    for (let i = 0; i < tries; i++) {
      try {
        await client.ask(`${pathOf(pod)}/status`, call);
        return;
      } catch (error) {
        if (error instanceof StatusError && isOfAnother(error)) return;
        if (i === 0) onFault(error as Error);
        if (this.#stop.signal.aborted) return;
        await clock.sleep(retryMs, this.#stop.signal);
      }
    }
  }

  async #forget(pod: Pod): Promise<void> {
    const { client, clean } = this.#options;
    // When we stop, pods stay, for the next life of this node.
    if (!pod.metadata.deletionTimestamp) return;
    await clean(pod);
    const options = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 };
    const body = { ...options, preconditions: { uid: pod.metadata.uid } };
    await client.ask(pathOf(pod), { method: "DELETE", body }).catch((error: unknown) => {
      if (!(error instanceof StatusError && ["NotFound", "Conflict"].includes(error.status.reason ?? ""))) throw error;
    });
  }
}

/** Addresses of an earlier life would stay beside these: as a patch, the lists are merged by their addresses. */
function replacingAddresses(status: PodStatus): object {
  const whole = { $patch: "replace" };
  const { hostIPs, podIPs } = status;
  return {
    ...status,
    ...(hostIPs === undefined ? {} : { hostIPs: [...hostIPs, whole] }),
    ...(podIPs === undefined ? {} : { podIPs: [...podIPs, whole] }),
  };
}

/** It is gone, or another of its name is there, which has another UID. */
function isOfAnother({ status: { reason, details } }: StatusError): boolean {
  if (reason === "Invalid") return (details?.causes ?? []).some(({ field }) => field === "metadata.uid");
  return reason === "NotFound" || reason === "Conflict";
}

function isOver({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

function pathOf({ metadata: { namespace = "", name = "" } }: KubeObject): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
}

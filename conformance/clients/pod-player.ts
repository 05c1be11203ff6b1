import type { KubeObject } from "@sallyport/kube";
import type { ClientBed } from "./client-bed.ts";

/** How often it looks at the pods. */
const everyMs = 100;

/** Pods with this annotation never become ready. */
export const neverReady = "sallyport.test/never-ready";

interface Pod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly restartPolicy?: string;
    readonly containers: readonly { readonly name: string }[];
  };
  readonly status?: { readonly phase?: string };
}

/**
 * Plays a kubelet's part towards the server: pods on a node are told to run, or to have succeeded when they are not to be restarted; those
 * that are to go are gone. What the server refuses is said again the next time. Answers what ends it.
 */
export function playPods(bed: ClientBed): () => Promise<void> {
  let isOver = false;
  const play = async () => {
    while (!isOver) {
      for (const pod of bed.server.cache.list("", "pods") as readonly Pod[]) await step(pod, bed.call);
      await new Promise((done) => setTimeout(done, everyMs));
    }
  };
  const played = play();
  return () => {
    isOver = true;
    return played;
  };
}

async function step({ metadata, spec, status }: Pod, tell: ClientBed["call"]): Promise<void> {
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
  if (!spec.nodeName) return;
  if (metadata.deletionTimestamp) await tell("DELETE", path, { gracePeriodSeconds: 0 });
  else if (status?.phase === "Pending") await tell("PATCH", `${path}/status`, { status: statusOf(metadata, spec) });
}

function statusOf({ annotations }: Pod["metadata"], { restartPolicy, containers }: Pod["spec"]): object {
  const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const isDone = restartPolicy === "Never";
  const isReady = !isDone && annotations?.[neverReady] === undefined;
  const state = isDone
    ? { terminated: { exitCode: 0, reason: "Completed", startedAt: now, finishedAt: now } }
    : { running: { startedAt: now } };
  return {
    phase: isDone ? "Succeeded" : "Running",
    startTime: now,
    podIP: "10.1.0.1",
    podIPs: [{ ip: "10.1.0.1" }],
    conditions: ["Initialized", "ContainersReady", "Ready"].map((type) => ({
      type,
      status: type === "Initialized" || isReady ? "True" : "False",
      lastTransitionTime: now,
    })),
    containerStatuses: containers.map(({ name }) => ({
      name,
      image: "i",
      imageID: "i",
      restartCount: 0,
      ready: isReady,
      started: !isDone,
      state,
    })),
  };
}

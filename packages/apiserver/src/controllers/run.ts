import type { UserInfo } from "@sallyport/admission";
import { EventRecorder, LeaderElection, type LeaseAccess, type LeaseTimes } from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";
import { essential } from "./all.ts";
import { Client, controllerUser } from "./client.ts";
import type { Controller, ControllerKind, ControllerWorld } from "./controller.ts";
import type { Clock } from "./work-queue.ts";

/** Real time. Its timers keep no process alive. */
export function realClock(now: () => number): Clock {
  return {
    now,
    after: (milliseconds, call) => {
      const timer = setTimeout(call, milliseconds).unref();
      return () => clearTimeout(timer);
    },
  };
}

/** The API server itself, as a user of its own API. */
const serverUser = "system:apiserver";

/** The user of a controller manager itself. */
const managerUser: UserInfo = { username: "system:kube-controller-manager", groups: ["system:authenticated"] };

/**
 * Runs controllers while this server leads all on its store. Resolves when it does, or when another is known to lead; answers how to
 * stop and let the lead go.
 */
export async function runElected(
  kinds: readonly ControllerKind[],
  world: ControllerWorld,
  identity: string,
  times: LeaseTimes,
): Promise<() => Promise<void>> {
  const { cache, clock, onFault } = world;
  const client = new Client(world.registry, cache, world.catalogue, managerUser);
  const recorder = recorderOf(client, world, "kube-controller-manager");
  const election = new LeaderElection({
    name: "kube-controller-manager",
    namespace: "kube-system",
    identity,
    times,
    access: leaseAccess(client, cache, "kube-system", "kube-controller-manager"),
    clock,
    record: recorder.record,
    lead: () => runControllers(kinds, world),
    onFault,
  });
  await election.start();
  return async () => {
    await election.stop();
    await recorder.drained();
  };
}

/** A Lease of this server's own store. */
export function leaseAccess(client: Client, cache: Cache, namespace: string, name: string): LeaseAccess {
  return {
    read: async () => cache.get("coordination.k8s.io", "leases", namespace, name),
    write: (lease) =>
      lease.metadata.resourceVersion === undefined
        ? client.create(lease)
        : client.update(lease, (fresh) => {
            if (fresh.metadata.resourceVersion !== lease.metadata.resourceVersion)
              throw new Error("somebody was faster");
            return { ...fresh, spec: lease["spec"] };
          }),
  };
}

/** Starts controllers, each under its own account. Resolves when the essential ones have done what lay before them; answers how to stop all. */
export async function runControllers(
  kinds: readonly ControllerKind[],
  world: ControllerWorld,
): Promise<() => Promise<void>> {
  const running: Controller[] = [];
  const recorders: EventRecorder[] = [];
  for (const kind of kinds) {
    const user =
      kind.user === undefined
        ? controllerUser(kind.account)
        : { username: kind.user, groups: ["system:authenticated"] };
    const manager = kind.user === serverUser ? "kube-apiserver" : undefined;
    const client = new Client(world.registry, world.cache, world.catalogue, user, manager);
    const recorder = recorderOf(client, world, kind.component ?? kind.name);
    const controller = kind.create({ ...world, client, record: recorder.record });
    running.push(controller);
    recorders.push(recorder);
    const started = controller.start();
    if (essential.includes(kind)) await started;
    else started.catch(world.onFault);
  }
  return async () => {
    await Promise.all(running.map((each) => each.stop()));
    await Promise.all(recorders.map((each) => each.drained()));
  };
}

/** Makes names of events differ. */
function suffixes({ randomBytes }: ControllerWorld): () => string {
  return () => Buffer.from(randomBytes(8)).toString("hex");
}

function recorderOf(client: Client, world: ControllerWorld, component: string): EventRecorder {
  return new EventRecorder({
    create: (event) => client.create(event),
    count: (event, change) => client.update(event, (fresh) => ({ ...fresh, ...change })),
    now: () => world.clock.now(),
    component,
    suffix: suffixes(world),
  });
}

import { essential } from "./all.ts";
import { Client, controllerUser } from "./client.ts";
import type { Controller, ControllerKind, ControllerWorld } from "./controller.ts";
import { EventRecorder } from "./events.ts";
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
    const client = new Client(world.registry, world.cache, world.catalogue, user);
    const suffix = () => Buffer.from(world.randomBytes(8)).toString("hex");
    const recorder = new EventRecorder(client, world.clock, kind.component ?? kind.name, suffix);
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

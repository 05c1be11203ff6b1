import { setTimeout as delay } from "node:timers/promises";
import type { Environment } from "../guest/guest-kernel.ts";
import type { ContainerRuntime } from "./container-runtime.ts";
import { tryHandler, tryRuntime } from "./probe.ts";
import { knownHandlers, openRuntime } from "./runtimes.ts";

/** The runtimes that work on this machine. */
export interface FoundRuntimes {
  /** By handler. One whose trial takes longer than others' joins once it has passed. */
  readonly runtimes: ReadonlyMap<string, ContainerRuntime>;
  /** Of those that do not work, why not. */
  readonly reasons: readonly string[];
  /** Ends trials that still run, and takes away what they made. */
  readonly callOff: () => Promise<void>;
}

/** Between looks for what a trial has made meanwhile. */
const callOffMs = 200;

const isQuick = ({ trialSeconds }: ContainerRuntime) => trialSeconds === undefined;

/** Tries each runtime with a container. */
export async function findRuntimes(folder: string, environment: Environment): Promise<FoundRuntimes> {
  const runtimes = new Map<string, ContainerRuntime>();
  const reasons: string[] = [];
  const slow: ContainerRuntime[] = [];
  for (const handler of knownHandlers) {
    const { runtime, probe } = await tryHandler(handler, folder, environment, isQuick);
    if (runtime?.trialSeconds !== undefined) slow.push(runtime);
    else if (runtime !== undefined) runtimes.set(handler, runtime);
    else reasons.push(`${handler}: ${probe.reason}`);
  }
  let isEnding = false;
  const late = (async () => {
    for (const runtime of slow) {
      const reason = isEnding ? "called off" : await tryRuntime(runtime, folder);
      if (reason === undefined) runtimes.set(runtime.handler, runtime);
      else reasons.push(`${runtime.handler}: ${reason}`);
    }
    return true;
  })();
  // Without another there is nothing to begin with.
  if (runtimes.size === 0) await late;
  const callOff = async () => {
    isEnding = true;
    while (!(await Promise.race([late, delay(callOffMs, false)])))
      for (const runtime of slow.filter(({ handler }) => !runtimes.has(handler)))
        for (const id of await runtime.list().catch(() => [])) await runtime.delete(id).catch(() => {});
  };
  return { runtimes, reasons, callOff };
}

/** Those whose programs are here, whether they work or not: what they left on the machine can be theirs to take away. */
export async function installedRuntimes(
  folder: string,
  environment: Environment,
): Promise<ReadonlyMap<string, ContainerRuntime>> {
  const found = new Map<string, ContainerRuntime>();
  for (const handler of knownHandlers)
    await openRuntime(handler, folder, environment).then(
      (runtime) => found.set(handler, runtime),
      () => undefined,
    );
  return found;
}

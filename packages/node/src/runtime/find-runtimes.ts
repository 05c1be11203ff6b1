import type { ContainerRuntime } from "./container-runtime.ts";
import { tryHandler } from "./probe.ts";
import { knownHandlers, openRuntime } from "./runtimes.ts";

/** The runtimes that work on this machine, by handler; of the others, why not. Each is tried with a container. */
export async function findRuntimes(
  folder: string,
): Promise<{ readonly runtimes: ReadonlyMap<string, ContainerRuntime>; readonly reasons: readonly string[] }> {
  const runtimes = new Map<string, ContainerRuntime>();
  const reasons: string[] = [];
  for (const handler of knownHandlers) {
    const { runtime, probe } = await tryHandler(handler, folder);
    if (runtime !== undefined) runtimes.set(handler, runtime);
    else reasons.push(`${handler}: ${probe.reason}`);
  }
  return { runtimes, reasons };
}

/** Those whose programs are here, whether they work or not: what they left on the machine can be theirs to take away. */
export async function installedRuntimes(folder: string): Promise<ReadonlyMap<string, ContainerRuntime>> {
  const found = new Map<string, ContainerRuntime>();
  for (const handler of knownHandlers)
    await openRuntime(handler, folder).then(
      (runtime) => found.set(handler, runtime),
      () => undefined,
    );
  return found;
}

import type { ContainerRuntime } from "./container-runtime.ts";
import { knownHandlers, openRuntime } from "./runtimes.ts";

/** The runtimes whose programs are here, by handler; of the others, why not. */
export async function findRuntimes(
  folder: string,
): Promise<{ readonly runtimes: ReadonlyMap<string, ContainerRuntime>; readonly reasons: readonly string[] }> {
  const runtimes = new Map<string, ContainerRuntime>();
  const reasons: string[] = [];
  for (const handler of knownHandlers)
    await openRuntime(handler, folder).then(
      (runtime) => runtimes.set(handler, runtime),
      (error: Error) => reasons.push(error.message),
    );
  return { runtimes, reasons };
}

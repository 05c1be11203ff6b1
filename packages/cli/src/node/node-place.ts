import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** Where a node of a data folder keeps what is its own; the node's names on the machine are made of this path. */
export interface NodePlace {
  readonly folder: string;
  readonly runtimes: string;
  /** Who sweeps when this process is killed: its number and birth. */
  readonly reaper: string;
}

/** Makes the folder where it is not there. Others may walk through it, and see nothing: containers have users of their own. */
export function nodePlace(data: string): NodePlace {
  const path = join(data, "node");
  mkdirSync(path, { recursive: true, mode: 0o711 });
  const folder = realpathSync(path);
  const runtimes = join(folder, "runtimes");
  mkdirSync(runtimes, { recursive: true, mode: 0o700 });
  return { folder, runtimes, reaper: join(folder, "reaper") };
}

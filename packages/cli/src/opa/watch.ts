import { type FSWatcher, watch } from "node:fs";
import { splitPrefix } from "./load.ts";

/** Editors write a file in several steps; what comes within this time, in milliseconds, is one change. */
const settleTime = 100;

/** Waits for the next change of files below the paths, or until the signal. */
export async function nextChange(paths: readonly string[], signal?: AbortSignal): Promise<void> {
  const watchers: FSWatcher[] = [];
  try {
    await new Promise<void>((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const changed = (): void => {
        clearTimeout(timer);
        timer = setTimeout(resolve, settleTime);
      };
      signal?.addEventListener("abort", () => resolve(), { once: true });
      for (const given of paths) watchers.push(watch(splitPrefix(given).path, { recursive: true }, changed));
    });
  } finally {
    for (const each of watchers) each.close();
  }
}

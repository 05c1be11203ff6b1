import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { NodePlace } from "./node-place.ts";

/** A sweep of a hundred pods takes some ten seconds. */
const [sweepMs, lookMs] = [120_000, 100];

/**
 * Begins a process that waits for the end of this one, whatever it dies of, and then takes away what the node left on the machine: a shell
 * that reads from a pipe of ours, as it needs a megabyte where Node needs forty. Answers what calls it off, since all was taken away.
 */
export function startReaper(place: NodePlace, data: string): () => void {
  const script = 'while read -r line; do [ "$line" = off ] && exit 0; done; exec "$@"';
  const command = [
    process.execPath,
    ...process.execArgv,
    process.argv[1] as string,
    "runtime",
    "sweep",
    "--data",
    data,
  ];
  // In a session of its own: a Ctrl-C at the terminal is for us, who stop in order.
  const child: ChildProcess = spawn("sh", ["-c", script, "sallyport-reaper", ...command], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", () => {});
  child.unref();
  writeFileSync(place.reaper, String(child.pid));
  return () => {
    child.stdin?.end("off\n");
    rmSync(place.reaper, { force: true });
  };
}

/** Waits for the sweep after an earlier life that was killed. */
export async function untilReaped({ reaper }: NodePlace): Promise<void> {
  if (!existsSync(reaper)) return;
  const pid = Number(readFileSync(reaper, "utf8"));
  const deadline = Date.now() + sweepMs;
  while (isReaper(pid) && Date.now() < deadline) await delay(lookMs);
  rmSync(reaper, { force: true });
}

/** The number may be another's by now. */
function isReaper(pid: number): boolean {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return line.includes("sallyport-reaper") || line.includes("\0sweep\0");
  } catch {
    return false;
  }
}

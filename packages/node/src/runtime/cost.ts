import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { cgroupUsage } from "../stats/cgroup-usage.ts";
import type { ContainerRuntime } from "./container-runtime.ts";
import { readMachine } from "./machine.ts";
import { endOf, startTrial, type TrialContainer } from "./trial-container.ts";

/** What work costs under a runtime, in milliseconds: each the median of its rounds. */
export interface RuntimeCost {
  readonly handler: string;
  readonly version: string;
  /** From the call until a container's first line can be read. */
  readonly startMs: number;
  /** A process that exec starts and that ends at once. */
  readonly execMs: number;
  /** 200,000 system calls: bytes copied one by one. */
  readonly callsMs: number;
  /** 500 files made, written, and taken away. */
  readonly filesMs: number;
  /** What a pod that sleeps after such work has in memory, MiB; absent where the machine counts none. */
  readonly memoryMiB?: number;
}

const rounds = 5;

const calls = "dd if=/dev/zero of=/dev/null bs=1 count=100000 2>/dev/null";
const files = "i=0; while [ $i -lt 500 ]; do echo line > /root/f$i; i=$((i + 1)); done; rm -f /root/f*";

/** Measures a runtime by containers of the machine's own programs, below a folder. Rejects where one cannot be run. */
export async function measureCost(runtime: ContainerRuntime, folder: string): Promise<RuntimeCost> {
  const { handler, version } = runtime;
  const startMs = await median(() => timedStart(runtime, folder));
  const trial = await startTrial(runtime, folder, ["sleep", "1000"]);
  try {
    const execMs = await median(() => timedExec(runtime, trial, "true"));
    const beyond = async (script: string) =>
      Math.max((await median(() => timedExec(runtime, trial, script))) - execMs, 0);
    const [callsMs, filesMs] = [await beyond(calls), await beyond(files)];
    return { handler, version, startMs, execMs, callsMs, filesMs, ...(await memoryOf(trial)) };
  } finally {
    await trial.remove();
  }
}

/** A guest gives back what it has freed within some seconds. */
const settlingMs = 5_000;
const mebibyte = 1024 * 1024;

async function memoryOf({ spec }: TrialContainer): Promise<{ readonly memoryMiB?: number }> {
  await delay(settlingMs);
  const { cgroups } = await readMachine();
  const { workingSetBytes } = await cgroupUsage(spec.linux.cgroupsPath, cgroups);
  return workingSetBytes === undefined ? {} : { memoryMiB: Number(workingSetBytes) / mebibyte };
}

async function timedStart(runtime: ContainerRuntime, folder: string): Promise<number> {
  const from = performance.now();
  const { process: echo, remove } = await startTrial(runtime, folder, ["echo", "started"]);
  try {
    // Whichever comes first: one that cannot say anything ends all the same.
    await Promise.race([once(echo.stdout, "data"), echo.exited]);
    const took = performance.now() - from;
    echo.stdout.resume();
    echo.stderr?.resume();
    await echo.exited;
    return took;
  } finally {
    await remove();
  }
}

async function timedExec(runtime: ContainerRuntime, { id, spec }: TrialContainer, script: string): Promise<number> {
  const from = performance.now();
  const process = { ...spec.process, args: ["sh", "-c", script] };
  const { code, said } = await endOf(await runtime.exec(id, process, { stdin: false, tty: false }));
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${said}`);
  return performance.now() - from;
}

async function median(measure: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push(await measure());
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] as number;
}

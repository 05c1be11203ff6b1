import { spawn } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningProcess } from "../../packages/node/src/runtime/container-runtime.ts";
import { measureCost, type RuntimeCost } from "../../packages/node/src/runtime/cost.ts";
import { OciRuntime } from "../../packages/node/src/runtime/oci-runtime.ts";
import { probeHandler } from "../../packages/node/src/runtime/probe.ts";
import { knownHandlers, openRuntime } from "../../packages/node/src/runtime/runtimes.ts";
import { makeTrialBundle, startTrial } from "../../packages/node/src/runtime/trial-container.ts";
import { measurePods, type PodFigures } from "./pods.ts";

/** Milliseconds of rounds in turns, sorted; `bare` is the runtime's own program on the same bundle. */
interface Times {
  readonly sallyport: readonly number[];
  readonly bare: readonly number[];
}

export interface RuntimeFigures {
  readonly handler: string;
  readonly version: string;
  /** A container of `true`, from the call to its end. */
  readonly run: Times;
  /** `true` in a container that runs, from the call to its end. */
  readonly exec: Times;
}

export interface RuntimeReport {
  readonly figures: readonly RuntimeFigures[];
  /** Of work within a container. */
  readonly costs: readonly RuntimeCost[];
  readonly pods: readonly PodFigures[];
  readonly skipped: readonly string[];
}

const rounds = 20;

/** What a container and a process in one take through us, beside the runtime's bare program. */
export async function run(progress: (text: string) => void): Promise<RuntimeReport> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "sallyport-runtime-bench-"));
  const [figures, costs, skipped]: [RuntimeFigures[], RuntimeCost[], string[]] = [[], [], []];
  try {
    for (const handler of knownHandlers) {
      const { works, reason } = await probeHandler(handler, folder, process.env);
      progress(works ? handler : `${handler} is skipped: ${reason}`);
      if (works) {
        const runtime = await openRuntime(handler, folder, process.env);
        const close = () => runtime.close?.();
        // Virtual machines of ours have no program to compare with.
        if (runtime instanceof OciRuntime) figures.push(await figuresOf(runtime, folder));
        costs.push(await measureCost(runtime, folder));
        await close();
      } else skipped.push(`${handler}: ${reason}`);
    }
    const isRoot = process.getuid?.() === 0;
    if (!isRoot) skipped.push("pods: they run for root alone");
    const handlers = costs.map(({ handler }) => handler);
    return {
      figures,
      costs,
      skipped,
      pods: isRoot && handlers.length > 0 ? await measurePods(handlers, progress) : [],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function figuresOf(runtime: OciRuntime, folder: string): Promise<RuntimeFigures> {
  const { handler, version, command } = runtime;
  const containers = await inTurns(
    () => timed(folder, runtime, (id, bundle) => ours(runtime, id, bundle)),
    () => timed(folder, runtime, (id, bundle) => bare([...command, "run", "--bundle", bundle, id])),
  );
  const trial = await startTrial(runtime, folder, ["sleep", "1000"]);
  try {
    const process = { ...trial.spec.process, args: ["true"] };
    const file = join(folder, "process.json");
    writeFileSync(file, JSON.stringify(process));
    const exec = await inTurns(
      () => clocked(async () => untilEnd(await runtime.exec(trial.id, process, { stdin: false, tty: false }))),
      () => clocked(() => bare([...command, "exec", "--process", file, trial.id])),
    );
    return { handler, version, run: containers, exec };
  } finally {
    await trial.remove();
  }
}

/** The bundle is made, and taken away, beside the clock. */
async function timed(
  folder: string,
  runtime: OciRuntime,
  use: (id: string, bundle: string) => Promise<unknown>,
): Promise<number> {
  const { id, bundle, remove } = await makeTrialBundle(runtime, folder, ["true"]);
  try {
    return await clocked(() => use(id, bundle));
  } finally {
    await remove();
  }
}

async function ours(runtime: OciRuntime, id: string, bundle: string): Promise<void> {
  await untilEnd(await runtime.run({ id, bundle, io: { stdin: false, tty: false } }));
}

async function untilEnd({ stdout, stderr, exited }: RunningProcess): Promise<void> {
  stdout.resume();
  stderr?.resume();
  await exited;
}

function bare([program = "", ...args]: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}`))));
  });
}

async function clocked(use: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await use();
  return performance.now() - from;
}

/** One of each in turn, so that what else the machine does meets both. */
async function inTurns(mine: () => Promise<number>, theirs: () => Promise<number>): Promise<Times> {
  const [sallyport, own]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    sallyport.push(await mine());
    own.push(await theirs());
  }
  const sorted = (times: number[]) => times.sort((a, b) => a - b);
  return { sallyport: sorted(sallyport), bare: sorted(own) };
}

import { setTimeout as delay } from "node:timers/promises";
import type { Environment } from "../guest/guest-kernel.ts";
import type { ContainerRuntime } from "./container-runtime.ts";
import { type MachineFacts, machineFacts } from "./machine-facts.ts";
import { oneLine } from "./program-log.ts";
import { knownHandlers, openRuntime } from "./runtimes.ts";
import { endOf, startTrial } from "./trial-container.ts";

export interface HandlerProbe {
  readonly handler: string;
  /** Whether a container of `true` was run to its end. */
  readonly works: boolean;
  /** Absent where there is no program. */
  readonly version?: string;
  /** Why it does not work. */
  readonly reason?: string;
  /** What pods have otherwise with it. */
  readonly limits: readonly string[];
}

export interface RuntimeProbe {
  readonly handlers: readonly HandlerProbe[];
  readonly machine: MachineFacts;
}

/** A runtime that has not run `true` by then hangs: some do where they find a /dev/kvm that does not work. */
const trialSeconds = 10;

/** Tries each handler with a container, one after the other, and tells what the machine has. Only the given folder is written to. */
export async function probeRuntimes(folder: string, environment: Environment = {}): Promise<RuntimeProbe> {
  const handlers: HandlerProbe[] = [];
  for (const handler of knownHandlers) handlers.push(await probeHandler(handler, folder, environment));
  return { handlers, machine: await machineFacts() };
}

/** Runs a container of `true` by a handler's program. Never rejects. */
export async function probeHandler(
  handler: string,
  folder: string,
  environment: Environment = {},
): Promise<HandlerProbe> {
  const { probe, runtime } = await tryHandler(handler, folder, environment);
  await runtime?.close?.().catch(() => {});
  return probe;
}

/** The same with the runtime, where it works, or is none of those that are to be tried now. */
export async function tryHandler(
  handler: string,
  folder: string,
  environment: Environment,
  isTried: (runtime: ContainerRuntime) => boolean = () => true,
): Promise<{ readonly probe: HandlerProbe; readonly runtime?: ContainerRuntime }> {
  try {
    const runtime = await openRuntime(handler, folder, environment);
    const reason = isTried(runtime) ? await tryRuntime(runtime, folder) : undefined;
    // What runs virtual machines here, their first one tells.
    const { version, limits } = runtime;
    if (reason === undefined) return { probe: { handler, works: true, version, limits }, runtime };
    await runtime.close?.().catch(() => {});
    return { probe: { handler, works: false, version, reason, limits: [] } };
  } catch (error) {
    return { probe: { handler, works: false, reason: oneLine((error as Error).message), limits: [] } };
  }
}

/** Runs a container of `true`. Answers why it cannot. */
export async function tryRuntime(runtime: ContainerRuntime, folder: string): Promise<string | undefined> {
  const trial = runTrue(runtime, folder).catch((error: Error) => oneLine(error.message));
  const seconds = runtime.trialSeconds ?? trialSeconds;
  const told = await within(trial, seconds);
  if (told !== late) return told;
  // Then it ends, and takes away what it made.
  for (const id of await runtime.list().catch(() => [])) await runtime.delete(id).catch(() => {});
  await within(trial, trialSeconds);
  return `a container of "true" had not ended after ${seconds} s`;
}

const late: unique symbol = Symbol("late");

async function within<Value>(work: Promise<Value>, seconds: number): Promise<Value | typeof late> {
  const clock = new AbortController();
  const isLate = (): typeof late => late;
  const alarm = delay(seconds * 1000, undefined, { signal: clock.signal }).then(isLate, isLate);
  try {
    return await Promise.race([work, alarm]);
  } finally {
    clock.abort();
  }
}

async function runTrue(runtime: ContainerRuntime, folder: string): Promise<string | undefined> {
  const trial = await startTrial(runtime, folder, ["true"]);
  try {
    const { code, said } = await endOf(trial.process);
    return code === 0 ? undefined : oneLine(`a container of "true" ended with ${code}: ${said}`);
  } finally {
    await trial.remove();
  }
}

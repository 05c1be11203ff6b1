import { setTimeout as delay } from "node:timers/promises";
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
export async function probeRuntimes(folder: string): Promise<RuntimeProbe> {
  const handlers: HandlerProbe[] = [];
  for (const handler of knownHandlers) handlers.push(await probeHandler(handler, folder));
  return { handlers, machine: await machineFacts() };
}

/** Runs a container of `true` by a handler's program. Never rejects. */
export async function probeHandler(handler: string, folder: string): Promise<HandlerProbe> {
  return (await tryHandler(handler, folder)).probe;
}

/** The same with the runtime, where it works. */
export async function tryHandler(
  handler: string,
  folder: string,
): Promise<{ readonly probe: HandlerProbe; readonly runtime?: ContainerRuntime }> {
  try {
    const runtime = await openRuntime(handler, folder);
    const { version, limits } = runtime;
    const reason = await whyNot(runtime, folder);
    if (reason === undefined) return { probe: { handler, works: true, version, limits }, runtime };
    return { probe: { handler, works: false, version, reason, limits: [] } };
  } catch (error) {
    return { probe: { handler, works: false, reason: oneLine((error as Error).message), limits: [] } };
  }
}

async function whyNot(runtime: ContainerRuntime, folder: string): Promise<string | undefined> {
  const trial = runTrue(runtime, folder).catch((error: Error) => oneLine(error.message));
  const told = await within(trial, trialSeconds);
  if (told !== late) return told;
  // Then it ends, and takes away what it made.
  for (const id of await runtime.list().catch(() => [])) await runtime.delete(id).catch(() => {});
  await within(trial, trialSeconds);
  return `a container of "true" had not ended after ${trialSeconds} s`;
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

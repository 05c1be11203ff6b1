import { equal, parseJson } from "@sallyport/rego";
import { median } from "../client.ts";
import type { RegoCase } from "./case.ts";
import { readCases, readJoinCases } from "./cases.ts";
import { type CompileReport, measureCompile } from "./compile.ts";
import type { Basis, Engine } from "./engine.ts";
import { type MemoryReport, measureMemory } from "./memory.ts";
import { startOpa, startRegorus } from "./peers.ts";
import { measureProjection, type ProjectionReport } from "./projection.ts";
import { measurePuts, type PutTimes } from "./puts.ts";
import { createSallyport } from "./sallyport.ts";

/** Microseconds of one evaluation, by engine; a peer that was skipped, or that could not answer the workload, is not there. */
export interface Times {
  readonly sallyport: number;
  readonly opa?: number;
  readonly regorus?: number;
}

/** How often slower each peer is, as the geometric mean and the worst workload. */
export interface Ratios {
  readonly opa?: number;
  readonly regorus?: number;
}

/** `us` is evaluation on parsed input, `wholeUs` with reading and writing JSON, `compileUs` compile and plan, cold. */
export interface WorkloadReport {
  readonly name: string;
  readonly us: Times;
  readonly wholeUs: Times;
  readonly compileUs: Times;
  /** Which evaluator of regorus was the faster one on parsed input. */
  readonly regorus?: string;
}

export interface RegoReport {
  readonly workloads: readonly WorkloadReport[];
  /** Of which an index makes constant time: the factor grows with the data, and belongs into no mean. */
  readonly joins: readonly WorkloadReport[];
  readonly geomean: Ratios;
  readonly worst: Ratios;
  readonly wholeGeomean: Ratios;
  readonly projection: readonly ProjectionReport[];
  /** In a process of its own: all of gatekeeper-library, and one policy. */
  readonly compileMs: CompileReport;
  readonly puts: PutTimes;
  readonly memory: MemoryReport;
  readonly skipped: readonly string[];
}

/** What else a machine does only adds to what a round takes: of each engine's rounds the quickest third counts, and of that the median. */
const rounds = 15;

/** Of one engine in one round: long against its timer and its garbage collector, short against the machine's moods. */
const roundMs = 20;

/** Before the first round: generated code is optimised after some thousand calls, by a thread that may have to wait for a processor. */
const warmMs = 300;

/** Every workload whose name holds `filter`, by ours and by each peer that is here, in turns; outputs are compared first. */
export async function run(progress: (text: string) => void, filter = ""): Promise<RegoReport> {
  const peers = [startOpa(), ...startRegorus()];
  const engines = [createSallyport(), ...peers.filter((peer): peer is Engine => !("skipped" in peer))];
  const skipped = peers.flatMap((peer) => ("skipped" in peer ? [`${peer.name}: ${peer.skipped}`] : []));
  const workloads: WorkloadReport[] = [];
  const joins: WorkloadReport[] = [];
  try {
    for (const [cases, reports] of [
      [readCases(), workloads],
      [readJoinCases(), joins],
    ] as const)
      for (const workload of cases.filter(({ name }) => name.includes(filter))) {
        progress(workload.name);
        reports.push(await measure(workload, engines, skipped));
      }
  } finally {
    for (const { stop } of engines) stop();
  }
  progress("input projection");
  const projection = measureProjection();
  progress("memory of base data");
  const memory = await measureMemory(filter === "memory" ? 100_000 : 10_000);
  progress("compile times");
  return {
    workloads,
    joins,
    geomean: ratios(workloads, ({ us }) => us, geometricMean),
    worst: ratios(workloads, ({ us }) => us, minimum),
    wholeGeomean: ratios(workloads, ({ wholeUs }) => wholeUs, geometricMean),
    projection,
    compileMs: await measureCompile(),
    puts: await measurePuts(skipped),
    memory,
    skipped,
  };
}

async function measure(workload: RegoCase, engines: readonly Engine[], skipped: string[]): Promise<WorkloadReport> {
  const compileUs: { [engine: string]: number } = {};
  const able: Engine[] = [];
  let expected: readonly string[] | undefined;
  for (const engine of workload.isOursAlone === true ? engines.slice(0, 1) : engines) {
    try {
      const took = await engine.load(workload);
      const values = await engine.values();
      expected ??= values;
      requireEqual(expected, values);
      compileUs[engine.name] ??= took;
      able.push(engine);
    } catch (error) {
      if (engine === engines[0]) throw new Error(`${workload.name}: ${(error as Error).message}`, { cause: error });
      skipped.push(`${workload.name} by ${labelOf(engine)}: ${(error as Error).message.trim().split("\n")[0]}`);
    }
  }
  const parsed = await timeInTurns(able, "parsed");
  const whole = await timeInTurns(able, "whole");
  const variant = parsed.find(({ engine }) => engine.name === "regorus")?.engine.variant;
  return {
    name: workload.name,
    us: timesOf(parsed),
    wholeUs: timesOf(whole),
    compileUs: compileUs as unknown as Times,
    ...(variant !== undefined && { regorus: variant }),
  };
}

function labelOf({ name, variant }: Engine): string {
  return variant === undefined ? name : `${name} (${variant})`;
}

function requireEqual(ours: readonly string[], theirs: readonly string[]): void {
  const at = ours.findIndex((text, i) => !equal(parseJson(text), parseJson(theirs[i] ?? "null")));
  if (at >= 0) throw new Error(`another result for input ${at + 1}: ${theirs[at]}; sallyport: ${ours[at]}`);
}

interface Timed {
  readonly engine: Engine;
  readonly us: number;
}

/** Fastest first. */
async function timeInTurns(engines: readonly Engine[], basis: Basis): Promise<readonly Timed[]> {
  const samples = engines.map((): number[] => []);
  for (const engine of engines) await engine.time(basis, warmMs);
  for (let round = 0; round < rounds; round++)
    for (const [i, engine] of engines.entries()) samples[i]?.push(await engine.time(basis, roundMs));
  return engines.map((engine, i) => ({ engine, us: undisturbed(samples[i] ?? []) })).sort((a, b) => a.us - b.us);
}

function undisturbed(samples: readonly number[]): number {
  return median(samples.toSorted((a, b) => a - b).slice(0, Math.ceil(samples.length / 3)));
}

function timesOf(timed: readonly Timed[]): Times {
  const times: { [engine: string]: number } = {};
  for (const { engine, us } of timed) times[engine.name] ??= us;
  return times as unknown as Times;
}

function ratios(
  workloads: readonly WorkloadReport[],
  pick: (workload: WorkloadReport) => Times,
  summary: (ratios: readonly number[]) => number,
): Ratios {
  const of = (peer: "opa" | "regorus") =>
    workloads.map(pick).flatMap((times) => (times[peer] === undefined ? [] : [times[peer] / times.sallyport]));
  const [opa, regorus] = [of("opa"), of("regorus")];
  return {
    ...(opa.length > 0 && { opa: summary(opa) }),
    ...(regorus.length > 0 && { regorus: summary(regorus) }),
  };
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function minimum(values: readonly number[]): number {
  return Math.min(...values);
}

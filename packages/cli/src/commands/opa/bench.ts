import { aggregate, goJsonLine, Metrics, Struct } from "@sallyport/opa/answers";
import type { Value } from "@sallyport/rego";
import { type BenchAnswer, BenchServer, RefusedByServer } from "../../opa/bench-server.ts";
import { type Call, CommandFault, type OpaCommand, UsageFault } from "../../opa/command.ts";
import { errorEntries, errorsText, messageEntry } from "../../opa/errors-text.ts";
import { evalOptions, partialOptions } from "../../opa/evaluate-query.ts";
import type { FlagSpec } from "../../opa/flags.ts";
import { queryFlags } from "../../opa/policy-flags.ts";
import { readInput } from "../../opa/query-input.ts";
import { createRequest, type Prepared, prepare, type QueryRequest, queryText } from "../../opa/query-request.ts";
import { LoadError } from "../../opa/read-data.ts";
import { checkUnknowns } from "../../opa/unknowns.ts";

/** Those of `eval` with other defaults. */
const shared = queryFlags.map((flag): FlagSpec => {
  return flag.name === "fail" || flag.name === "metrics" ? { ...flag, default: "true" } : flag;
});

export const benchCommand: OpaCommand = {
  name: "bench",
  usage: "<query> [flags]",
  summary: "Benchmark a Rego query",
  description:
    "Compiles the query once, then evaluates it for about a second, and prints how long each evaluation took.",
  examples: `
  sallyport opa bench --data policy.rego --input pod.json data.example.allow
  sallyport opa bench --format gobench --count 5 -d policy.rego data.example.allow > new.txt`,
  flags: [
    ...shared,
    { name: "benchmem", kind: "bool", default: "true", usage: "report how much memory an evaluation takes" },
    { name: "config-file", short: "c", kind: "string", usage: "configuration of the server of --e2e" },
    { name: "count", kind: "int", default: "1", usage: "how often the benchmark is repeated" },
    { name: "e2e", kind: "bool", usage: "ask a policy server over HTTP" },
    {
      name: "format",
      short: "f",
      kind: "enum",
      values: ["pretty", "json", "gobench"],
      default: "pretty",
      usage: "output format",
    },
    { name: "shutdown-grace-period", kind: "int", default: "10", usage: "accepted; the server of --e2e ends at once" },
    { name: "shutdown-wait-period", kind: "int", default: "0", usage: "accepted" },
  ],
  run: runBench,
};

async function runBench(call: Call): Promise<number> {
  const { flags, terminal } = call;
  checkUnknowns(flags);
  const request = createBenchRequest(call);
  const format = flags.string("format");
  if (flags.bool("partial") && format === "gobench")
    throw new UsageFault("invalid output format for partial evaluation");
  const closing: (() => Promise<void>)[] = [];
  try {
    const input = benchInput(call);
    const server = flags.bool("e2e") ? await BenchServer.start(request, input) : undefined;
    if (server !== undefined) closing.push(() => server.close());
    const once =
      server === undefined ? evaluation(request, await prepare(request, new Metrics()), input) : () => server.ask();
    for (let i = 0; i < flags.int("count"); i++)
      terminal.out(benchText(format, await measure(request, once), flags.bool("benchmem")));
    return 0;
  } catch (error) {
    const entries = error instanceof UndefinedResult ? [messageEntry(error.message)] : entriesOf(error, request);
    if (format === "json") terminal.out(goJsonLine(new Struct({ errors: entries.map(({ json }) => json) })));
    else terminal.err(errorsText(entries));
    return 1;
  } finally {
    for (const close of closing) await close();
  }
}

/** A query argument is looked for first, whatever `--stdin-input` says. */
function createBenchRequest(call: Call): QueryRequest {
  const query = queryText(call);
  try {
    return createRequest(call, query);
  } catch (error) {
    // Here all faults have the same status, and schemas are not loaded but read.
    if (!(error instanceof CommandFault)) throw error;
    throw new CommandFault(error.message.replace("occurred during loading", "occurred"));
  }
}

function benchInput({ flags, terminal }: Call): Value | undefined {
  try {
    return readInput(flags.string("input"), flags.bool("stdin-input"), terminal);
  } catch (error) {
    throw error instanceof CommandFault ? new LoadError(error.message) : error;
  }
}

function entriesOf(error: unknown, { query }: QueryRequest) {
  if (error instanceof RefusedByServer) return error.entries;
  const entries = errorEntries(error, new Map([["", query]]));
  if (entries === undefined) throw error;
  return entries;
}

class UndefinedResult extends Error {
  constructor() {
    super("undefined result");
  }
}

/** What Go's `testing.BenchmarkResult` holds. */
interface Measured {
  readonly count: number;
  readonly nanoseconds: number;
  /** Of one evaluation. */
  readonly bytes: number;
  readonly extra: readonly (readonly [string, number])[];
}

/** As Go's benchmarks: about this long. */
const wantedMs = 1000;

/** Evaluates once, in this process; answers what it measured of itself. */
function evaluation(request: QueryRequest, { prepared, data }: Prepared, input: Value | undefined): Once {
  const { flags } = request;
  const options = evalOptions(request, input, data);
  const isPartial = flags.bool("partial");
  const timer = `timer_${isPartial ? "rego_partial_eval" : "rego_query_eval"}_ns`;
  return async () => {
    const start = performance.now();
    const answers = isPartial
      ? void (await prepared.partialAsync({ ...options, ...partialOptions(request) }))
      : await prepared.answersAsync(options);
    const nanoseconds = Math.round((performance.now() - start) * 1e6);
    return { isDefined: answers?.length !== 0, metrics: { [timer]: nanoseconds } };
  };
}

type Once = () => Promise<BenchAnswer>;

async function measure({ flags }: QueryRequest, once: Once): Promise<Measured> {
  if (!(await once()).isDefined && flags.bool("fail")) throw new UndefinedResult();
  const measured = new Map<string, number[]>();
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < wantedMs; count++)
    for (const [name, value] of Object.entries((await once()).metrics)) valuesAt(measured, name).push(value);
  const nanoseconds = Math.round((performance.now() - start) * 1e6);
  const bytes = flags.bool("benchmem") ? await measureMemory(once) : 0;
  const extra = flags.bool("metrics")
    ? [...measured].flatMap(([name, values]) => histogram(`histogram_${name}`, values))
    : [];
  return { count, nanoseconds, bytes, extra };
}

function valuesAt(measured: Map<string, number[]>, name: string): number[] {
  const values = measured.get(name) ?? [];
  measured.set(name, values);
  return values;
}

/** Few enough that the garbage collector seldom runs meanwhile. */
const memoryRounds = 32;

/** Bytes that one evaluation allocates, by the growth of the heap over some of them. */
async function measureMemory(once: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < memoryRounds; i++) await once();
  return Math.max(0, Math.floor((process.memoryUsage().heapUsed - before) / memoryRounds));
}

function histogram(name: string, times: readonly number[]): readonly (readonly [string, number])[] {
  return aggregate(times)
    .json()
    .fields.map(([field, value]) => [`${name}_${field}`, value as number] as const);
}

function benchText(format: string, measured: Measured, withMemory: boolean): string {
  const { count, nanoseconds, bytes, extra } = measured;
  if (format === "json") {
    const memory = { MemAllocs: 0, MemBytes: withMemory ? bytes * count : 0 };
    return goJsonLine(
      new Struct({ N: count, T: nanoseconds, Bytes: 0, ...memory, Extra: new Struct(Object.fromEntries(extra)) }),
    );
  }
  const perOperation = nanoseconds / count;
  const memory: readonly (readonly [string, number])[] = withMemory ? [["B/op", bytes]] : [];
  if (format === "gobench") {
    const fields = [["ns/op", perOperation] as const, ...extra].map(([name, value]) => `\t${goUnits(value)} ${name}`);
    const tail = memory.map(([name, value]) => `\t${String(value).padStart(8)} ${name}`);
    return `BenchmarkOPAEval\t${String(count).padStart(8)}${fields.join("")}${tail.join("")}\n`;
  }
  const rows = [["samples", count] as const, ["ns/op", perOperation] as const, ...memory, ...extra];
  return rowsText(rows.map(([name, value]) => [name, goUnits(value).trim()]));
}

/** A number as Go's benchmarks print it: four digits that count, ten columns. */
function goUnits(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || size >= 999.95) return value.toFixed(0).padStart(10);
  return value.toFixed(size >= 99.995 ? 1 : size >= 9.9995 ? 2 : 3).padStart(10);
}

/** Names to the left, numbers to the right, without a header. */
function rowsText(rows: readonly (readonly [string, string])[]): string {
  const [left, right] = [0, 1].map((i) => Math.max(...rows.map((row) => (row[i] as string).length))) as [
    number,
    number,
  ];
  const rule = (start: string, middle: string, end: string) =>
    `${start}${"─".repeat(left + 2)}${middle}${"─".repeat(right + 2)}${end}\n`;
  const lines = rows.map(([name, value]) => `│ ${name.padEnd(left)} │ ${value.padStart(right)} │\n`);
  return `${rule("┌", "┬", "┐")}${lines.join("")}${rule("└", "┴", "┘")}`;
}

import { aggregate, goJsonLine, Metrics, Struct } from "@sallyport/opa/answers";
import type { QueryAnswer, Value } from "@sallyport/rego";
import { type Call, CommandFault, type OpaCommand } from "../../opa/command.ts";
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
    { name: "config-file", short: "c", kind: "string", usage: "for --e2e only" },
    { name: "count", kind: "int", default: "1", usage: "how often the benchmark is repeated" },
    { name: "e2e", kind: "bool", usage: "refused: there is no policy server yet" },
    {
      name: "format",
      short: "f",
      kind: "enum",
      values: ["pretty", "json", "gobench"],
      default: "pretty",
      usage: "output format",
    },
    { name: "shutdown-grace-period", kind: "int", default: "10", usage: "for --e2e only" },
    { name: "shutdown-wait-period", kind: "int", default: "0", usage: "for --e2e only" },
  ],
  run: runBench,
};

async function runBench(call: Call): Promise<number> {
  const { flags, terminal } = call;
  checkUnknowns(flags);
  const request = createBenchRequest(call);
  if (flags.bool("e2e")) throw new CommandFault("--e2e needs the policy server, which is not there yet");
  const format = flags.string("format");
  try {
    const input = benchInput(call);
    const ready = await prepare(request, new Metrics());
    for (let i = 0; i < flags.int("count"); i++)
      terminal.out(benchText(format, await measure(request, ready, input), flags.bool("benchmem")));
    return 0;
  } catch (error) {
    const entries = error instanceof UndefinedResult ? [messageEntry(error.message)] : entriesOf(error, request);
    if (format === "json") terminal.out(goJsonLine(new Struct({ errors: entries.map(({ json }) => json) })));
    else terminal.err(errorsText(entries));
    return 1;
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

async function measure(request: QueryRequest, ready: Prepared, input: Value | undefined): Promise<Measured> {
  const { flags } = request;
  const options = evalOptions(request, input, ready.data);
  const once = async (): Promise<readonly QueryAnswer[] | undefined> => {
    if (!flags.bool("partial")) return ready.prepared.answersAsync(options);
    await ready.prepared.partialAsync({ ...options, ...partialOptions(request) });
    return undefined;
  };
  if ((await once())?.length === 0 && flags.bool("fail")) throw new UndefinedResult();
  const times: number[] = [];
  const start = performance.now();
  for (let now = start; now - start < wantedMs; ) {
    await once();
    const end = performance.now();
    times.push(Math.round((end - now) * 1e6));
    now = end;
  }
  const nanoseconds = Math.round((performance.now() - start) * 1e6);
  const bytes = flags.bool("benchmem") ? await measureMemory(once) : 0;
  const timer = flags.bool("partial") ? "rego_partial_eval" : "rego_query_eval";
  const extra = flags.bool("metrics") ? histogram(`histogram_timer_${timer}_ns`, times) : [];
  return { count: times.length, nanoseconds, bytes, extra };
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

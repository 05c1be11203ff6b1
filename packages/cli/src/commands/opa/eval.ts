import { createEffects } from "@sallyport/effects";
import { compileParsed, type QueryAnswer, RegoError, type RegoPolicy } from "@sallyport/rego";
import { type Call, type OpaCommand, UsageFault } from "../../opa/command.ts";
import { type ErrorEntry, errorEntries, messageEntry } from "../../opa/errors-text.ts";
import { type EvalFormat, printEval } from "../../opa/eval-output.ts";
import type { FlagSpec } from "../../opa/flags.ts";
import { type Loaded, loadPaths } from "../../opa/load.ts";
import { loadBundles } from "../../opa/load-bundles.ts";
import { readInput } from "../../opa/query-input.ts";

const formats: readonly EvalFormat[] = ["json", "values", "bindings", "pretty", "source", "raw", "discard"];

const flags: readonly FlagSpec[] = [
  { name: "bundle", short: "b", kind: "list", usage: "bundle file or folder; may be repeated" },
  { name: "data", short: "d", kind: "list", usage: "policy or data file or folder; may be repeated" },
  { name: "fail", kind: "bool", usage: "exit with status 1 when the result is undefined or empty" },
  { name: "fail-defined", kind: "bool", usage: "exit with status 1 when the result is defined and not empty" },
  { name: "format", short: "f", kind: "enum", values: formats, default: "json", usage: "output format" },
  { name: "ignore", kind: "commaList", usage: "names of files and folders to leave out, as '.*'" },
  { name: "input", short: "i", kind: "string", usage: "input file" },
  { name: "stdin", kind: "bool", usage: "read the query from standard input" },
  { name: "stdin-input", short: "I", kind: "bool", usage: "read the input from standard input" },
  { name: "v0-compatible", kind: "bool", usage: "policies are written in Rego v0" },
];

export const evalCommand: OpaCommand = {
  name: "eval",
  usage: "<query> [flags]",
  summary: "Evaluate a Rego query and print the result",
  examples: `
  sallyport opa eval 'x := 1; y := 2; x < y'
  sallyport opa eval --data policy.rego --input pod.json data.example.deny
  sallyport opa eval -f pretty -b bundle/ 'data.example.allow'`,
  flags,
  run: runEval,
};

async function runEval(call: Call): Promise<number> {
  const { flags, terminal } = call;
  const query = queryOf(call);
  const input = readInput(flags.string("input"), flags.bool("stdin-input"), terminal);
  let answers: readonly QueryAnswer[] = [];
  let errors: readonly ErrorEntry[] = [];
  const texts = new Map([["", query]]);
  try {
    if (query.trim() === "") errors = [messageEntry("cannot evaluate empty query")];
    else answers = await answersOf(call, query, input);
  } catch (error) {
    const entries = errorEntries(error, texts);
    if (entries === undefined) throw error;
    errors = entries;
  }
  const { out, err } = printEval({ answers, errors }, flags.string("format") as EvalFormat);
  terminal.out(out);
  terminal.err(err);
  if (errors.length > 0) return 2;
  const isDefined = answers.length > 0;
  return (flags.bool("fail") && !isDefined) || (flags.bool("fail-defined") && isDefined) ? 1 : 0;
}

function queryOf({ args, flags, terminal }: Call): string {
  if (flags.bool("stdin") && flags.bool("stdin-input"))
    throw new UsageFault("specify --stdin or --stdin-input but not both");
  if (flags.bool("fail") && flags.bool("fail-defined"))
    throw new UsageFault("specify --fail or --fail-defined but not both");
  const [query, ...more] = args;
  if (flags.bool("stdin")) {
    if (query !== undefined) throw new UsageFault("specify query argument or --stdin but not both");
    return terminal.stdin();
  }
  if (query === undefined) throw new UsageFault("specify query argument or --stdin");
  if (more.length > 0) throw new UsageFault("specify at most one query argument");
  return query;
}

async function answersOf(
  call: Call,
  query: string,
  input: Parameters<RegoPolicy["query"]>[1]["input"],
): Promise<readonly QueryAnswer[]> {
  const { modules, data } = await load(call);
  const { policy, diagnostics } = compileParsed(
    modules.map(({ module }) => module),
    { compile: { print: true } },
  );
  if (policy === undefined) throw new RegoError(diagnostics);
  const effects = createEffects({ print: (message) => call.terminal.err(`${message}\n`) });
  const regoVersion = call.flags.bool("v0-compatible") ? "v0" : "v1";
  return policy.prepareQuery(query, { regoVersion }).answersAsync({ input, data, effects });
}

async function load({ flags }: Call): Promise<Loaded> {
  const regoVersion = flags.bool("v0-compatible") ? "v0" : "v1";
  const loaded = loadPaths(flags.list("data"), { ignore: flags.list("ignore"), regoVersion });
  const bundles = flags.list("bundle");
  if (bundles.length === 0) return loaded;
  const bundled = await loadBundles(bundles, { regoVersion, ignore: flags.list("ignore") });
  return { modules: [...loaded.modules, ...bundled.modules], data: bundled.data };
}

import type { Value } from "@sallyport/rego";
import { capabilitiesFlag } from "../../opa/capabilities.ts";
import { type Call, CommandFault, type OpaCommand, UsageFault } from "../../opa/command.ts";
import { type ErrorEntry, errorEntries } from "../../opa/errors-text.ts";
import { type EvalFormat, printEval } from "../../opa/eval-output.ts";
import { evaluateQuery, type QueryRun } from "../../opa/evaluate-query.ts";
import type { FlagSpec } from "../../opa/flags.ts";
import { queryFlags } from "../../opa/policy-flags.ts";
import { readInput } from "../../opa/query-input.ts";
import { createRequest, type QueryRequest, queryText } from "../../opa/query-request.ts";
import { checkUnknowns } from "../../opa/unknowns.ts";

const formats: readonly EvalFormat[] = ["json", "values", "bindings", "pretty", "source", "raw", "discard"];

/** Formats that can show what partial evaluation leaves. */
const partialFormats: readonly string[] = ["json", "pretty", "source"];

const flags: readonly FlagSpec[] = [
  ...queryFlags,
  capabilitiesFlag,
  { name: "count", kind: "int", default: "1", usage: "how often the query is evaluated, to compare times" },
  { name: "coverage", kind: "bool", usage: "report which parts of the policies were evaluated" },
  { name: "disable-early-exit", kind: "bool", usage: "accepted; answers do not depend on it" },
  { name: "disable-indexing", kind: "bool", usage: "traces show all rules, also those that the index rules out" },
  {
    name: "disable-inlining",
    kind: "list",
    type: "stringArray",
    usage: "documents that partial evaluation keeps as rules",
  },
  { name: "entrypoint", short: "e", kind: "list", usage: "entry point of --optimize, as a/b" },
  {
    name: "explain",
    kind: "enum",
    values: ["off", "full", "notes", "fails", "debug"],
    default: "off",
    usage: "tell how the answer came about",
  },
  { name: "fail-defined", kind: "bool", usage: "exit with status 1 when the result is defined and not empty" },
  { name: "format", short: "f", kind: "enum", values: formats, default: "json", usage: "output format" },
  {
    name: "instrument",
    kind: "bool",
    usage: "as --metrics, with the stages of the compiler and the operations of the evaluation, which it slows down",
  },
  {
    name: "nondeterminstic-builtins",
    kind: "bool",
    usage: "let partial evaluation call builtins whose answers may differ",
  },
  { name: "optimize", short: "O", kind: "int", default: "0", usage: "optimize the policies first: 1 or 2" },
  { name: "pretty-limit", kind: "int", default: "80", usage: "accepted; tables are not cut" },
  { name: "profile", kind: "bool", usage: "tell how long each expression took" },
  { name: "profile-limit", kind: "int", default: "10", usage: "how many expressions of a profile are shown" },
  {
    name: "profile-sort",
    kind: "list",
    usage: "criterion of a profile's order: total_time_ns, num_eval, num_redo, num_gen_expr, file, line",
  },
  { name: "shallow-inlining", kind: "bool", usage: "keep rules that depend on what is unknown" },
  { name: "show-builtin-errors", kind: "bool", usage: "collect the errors of builtins and show them" },
  { name: "strict", short: "S", kind: "bool", usage: "compile in strict mode" },
  { name: "strict-builtin-errors", kind: "bool", usage: "the first error of a builtin ends the evaluation" },
  {
    name: "timeout",
    kind: "duration",
    default: "0",
    shownDefault: "unlimited",
    usage: "time that the evaluation may take, as 5s",
  },
  { name: "var-values", kind: "bool", usage: "show the values of variables in explanations" },
];

export const evalCommand: OpaCommand = {
  name: "eval",
  usage: "<query> [flags]",
  summary: "Evaluate a Rego query and print the result",
  examples: `
  sallyport opa eval 'x := 1; y := 2; x < y'
  sallyport opa eval --data policy.rego --input pod.json data.example.deny
  sallyport opa eval --format pretty --explain fails -d policy.rego -i pod.json data.example.allow`,
  flags,
  run: runEval,
};

async function runEval(call: Call): Promise<number> {
  const query = queryText(call);
  checkFlags(call);
  const { flags, terminal } = call;
  const input = readInput(flags.string("input"), flags.bool("stdin-input"), terminal);
  const request = createRequest(call, query);
  const runs = await evaluateRepeatedly(request, input);
  const failed = runs.find(({ error }) => error !== undefined);
  const fatal = failed === undefined ? [] : entriesOf(failed.error, request);
  const { out, err } = printEval(failed === undefined ? runs : [failed], fatal, request);
  terminal.out(out);
  terminal.err(err);
  if (fatal.length > 0) return 2;
  const isDefined = isDefinedResult(runs[0]);
  return (flags.bool("fail") && !isDefined) || (flags.bool("fail-defined") && isDefined) ? 1 : 0;
}

/** As often as `--count` says; the first that fails is the last. */
async function evaluateRepeatedly(request: QueryRequest, input: Value | undefined): Promise<readonly QueryRun[]> {
  const runs: QueryRun[] = [];
  do runs.push(await evaluateQuery(request, input));
  while (runs.length < request.flags.int("count") && runs.at(-1)?.error === undefined);
  return runs;
}

function entriesOf(error: unknown, { query }: QueryRequest): readonly ErrorEntry[] {
  const entries = errorEntries(error, new Map([["", query]]));
  if (entries === undefined) throw error;
  return entries;
}

/** As in OPA, what partial evaluation leaves is no result. */
function isDefinedResult(run: QueryRun | undefined): boolean {
  return run !== undefined && run.answers.length > 0;
}

function checkFlags({ flags }: Call): void {
  if (flags.bool("fail") && flags.bool("fail-defined"))
    throw new UsageFault("specify --fail or --fail-defined but not both");
  if (flags.bool("partial") && !partialFormats.includes(flags.string("format")))
    throw new UsageFault("invalid output format for partial evaluation");
  if (!flags.bool("partial") && flags.string("format") === "source")
    throw new UsageFault("invalid output format for evaluation");
  checkUnknowns(flags);
  if (flags.int("optimize") > 0 && flags.list("data").length > 0 && flags.list("bundle").length > 0)
    throw new UsageFault("specify either --data or --bundle flag with optimization level greater than 0");
  if (flags.bool("show-builtin-errors") && flags.bool("strict-builtin-errors")) {
    const why = "--strict-builtin-errors will return the first built-in error encountered immediately";
    throw new CommandFault(`cannot use --show-builtin-errors with --strict-builtin-errors, ${why}`, 2);
  }
}

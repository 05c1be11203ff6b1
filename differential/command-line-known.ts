import type { Outcome } from "../packages/cli/src/opa/opa.fixture.ts";

interface Known {
  readonly reason: string;
  /** Lines that it is about. */
  readonly line?: RegExp;
  /** What OPA answers there. */
  readonly answer?: RegExp;
}

/** Where Sallyport answers something else, and why. */
const known: readonly Known[] = [
  { reason: "OPA breaks, with a trace of its goroutines", answer: /^goroutine \d+ \[/m },
  { reason: "there is no WebAssembly here", line: / -t wasm\b/ },
  { reason: "the shell's help is in other words", line: /^run .*< repl\/[bc]\.txt$/ },
  { reason: "categories and sentences of builtins are OPA's documentation", line: /^capabilities .*--current/ },
  { reason: "OPA prints a tree through a format of Go, which breaks texts with %", line: /^parse /, answer: /%![a-z]/ },
  { reason: "OPA keeps no place of refs in annotations", line: /^parse annotated\.rego .*locations/ },
  {
    reason: "places in OPA's faults of syntax have their text in base64",
    line: /^parse .*locations/,
    answer: /"text": "/,
  },
  { reason: "--debug tells lines of OPA's source", line: / --debug\b/ },
  {
    reason: "OPA's events of unification all name the last rule of a package",
    line: / --explain debug\b|\ntrace debug\n/,
  },
  { reason: "timers of OPA's inner stages", line: / --(?:instrument|metrics|profile)\b|\n(?:instrument|metrics)\n/ },
  {
    reason: "in the shell OPA names the rule whose values conflict, by its text: here the query",
    line: /^run\b/,
    answer: /: eval_conflict_error: (?:complete rules|functions) must not produce multiple outputs/,
  },
  {
    reason: "in the shell's types, names that nobody wrote have other numbers",
    line: /^types$/m,
    answer: /^# __localq\d+__/m,
  },
  { reason: "OPA meets keys of base data before those of rules", line: /^data\[i\]$/m },
  {
    reason: "OPA cannot say what partial evaluation saves of all documents",
    answer: /^1 error occurred: unknown value$/m,
  },
  { reason: "numbers.range is bounded here, by its numbers and not by time", answer: /numbers\.range: timed out/ },
  { reason: "OPA tells the faults of modules that it could not read twice", line: /^check .* --v0-v1\b/ },
  {
    reason: "OPA skips rules by what their index knows before a builtin fails",
    line: /^eval data\.e\.p .*-builtin-errors/,
  },
  { reason: "a schema that is none is told when types are checked", line: / -s badschema\.json\b/ },
  {
    reason: "OPA has no place of what it makes of `some … in` when it traces tests",
    line: /^test .*--var-values.* -f json/,
    answer: /"LocalMetadata"/,
  },
];

/** Why a line may differ; undefined when it may not. */
export function knownReason(line: string, { out, err }: Outcome): string | undefined {
  return known.find(
    (each) => (each.line?.test(line) ?? true) && (each.answer === undefined || each.answer.test(`${out}\n${err}`)),
  )?.reason;
}

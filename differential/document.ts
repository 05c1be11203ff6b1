import type { Tape } from "./tape.ts";

export const keys: readonly string[] = ["a", "b", "c", "d e"];

/** Names that mean something to JavaScript, or that sort in a way of their own; only sometimes taken. */
const oddKeys: readonly string[] = ["__proto__", "constructor", "toString", "0", "1", "é", "\u{1f600}", "", "length"];

/** JSON texts, the simplest first. */
const scalars: readonly string[] = [
  ...["1", "2", "0", "-1", "3", "1.5", '"a"', '"b"', '"c"', '""', '"x/y"', '"2"', "true", "false", "null", "100000"],
];

/** Each number as it would be printed: OPA keeps the text that it read, and shows it where a number becomes text. */
const oddScalars: readonly string[] = [
  ...[
    "9007199254740993",
    "-9007199254740993",
    "100000000000000000000",
    "0.1",
    "0.30000000000000004",
    "123456789012345678901234567890",
  ],
  ...["0.001", "2.25", "-0.5", "4294967296", '"é"', '"日本"', '"\u{1f600}x"', '"a\\nb"', '"A"', '"aa bb"'],
  ...['"1.2.3"', '"10.0.0.0/8"', '"{}"', '"2020-01-02T03:04:05Z"', '"%d %s"', '"a,b,c"'],
];

export function key(tape: Tape): string {
  return tape.oneIn(12) ? tape.pick(oddKeys) : tape.pick(keys);
}

/** The JSON text of a scalar; Rego's text too. */
export function scalar(tape: Tape): string {
  return tape.oneIn(6) ? tape.pick(oddScalars) : tape.pick(scalars);
}

/** The JSON text of a small document over few keys and scalars, so that references often meet something. */
export function document(tape: Tape, depth = 3): string {
  if (depth === 0) return scalar(tape);
  return tape.choose<string>([
    () => scalar(tape),
    () => objectText(tape.list(4, () => [key(tape), document(tape, depth - 1)])),
    () => `[${tape.list(4, () => document(tape, depth - 1)).join()}]`,
  ]);
}

export function objectDocument(tape: Tape): string {
  return objectText(keys.slice(0, 3).map((each) => [each, document(tape)]));
}

function objectText(entries: readonly (readonly [string, string])[]): string {
  // One value for each key: which of several counts is another question.
  return `{${[...new Map(entries)].map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join()}}`;
}

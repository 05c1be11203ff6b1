import { moduleOfHeads } from "./error-heads.ts";
import { randomTape, Tape } from "./tape.ts";

const token = /\$?`[^`]*`|\$?"(?:\\.|[^"\\\n])*"|#.*|\s+|[A-Za-z_]\w*|\d[\w.]*|:=|==|!=|<=|>=|\S/g;

/** What may stand where it does not belong. */
const tokens = [
  ...["{", "}", "[", "]", "(", ")", ",", ";", ":", ".", "|", "&", "+", "-", "*", "/", "%", "=", ":=", "==", "!=", "<"],
  ...["<=", ">", ">=", "if", "else", "not", "some", "every", "in", "contains", "default", "import", "package", "as"],
  ...["with", "null", "true", "false", "and", "or", "input", "data", "_", "x", "y", "__local1__", "set()", "rego"],
  ...["future", "\n", "\n\n", " ", "# c\n", "\t", "\r\n", "1", "0", "01", "1.5", "1e3", "1e", "-1", "1.", ".5", "0x1"],
  ...['"a"', '"', '"\\q"', '"\\u12"', '"a\nb"', "`a`", "`", "`a\nb`", '$"a{x}"', '$"{"', '$"{}"', "$`{x}`", "$", "é"],
  ...["😀", "\u00a0", "@", "!", "?", "\\", "'", "^", "~", "[x | x := 1]", "{x | x}", "{x: 1 | x}", "{}", "[]"],
  ...["{1}", "{1: 2}", "[1]", "x in y", "x, y in z", "data.a", "input.x", "p", "f(x)", "f()", "import rego.v1"],
] as const;

/** Values of other types. */
const values = ["1", '"a"', "null", "true", "[1]", '{"a": 1}', "{1}", "set()", "x", "input", "data.zz", "1.5"] as const;

/** Builtins of several arities and types, among them some that there are not. */
const calls = [
  ...["count", "startswith", "sprintf", "plus", "concat", "object.get", "time.now_ns", "to_number", "is_string"],
  ...["nosuch", "no.such", "any", "re_match", "print", "trace", "walk", "json.patch", "array.concat", "units.parse"],
  ...["http.send", "io.jwt.decode", "rego.metadata.rule", "input.f", "data.f", "internal.print", "opa.runtime", "eq"],
] as const;

/** Lines that are wrong beside others, or make them so. */
const lines = [
  ...["p := 1", "p := 2", "default p := 1", "default p := x", "p contains 1", "p[x] := 1", "p if y == 1", "p.q := 1"],
  ...[
    "f(x) := x",
    "f(x, y) := x",
    "f(1) := 2 if true",
    "default f(_) := 1",
    "default f(x, x) := 1",
    "p := p",
    "p := q",
  ],
  ...[
    "q := p",
    "p if { x := 1; x := 2 }",
    "p if { some x }",
    "p if some x in y",
    "p if not x",
    "p if every x in [1] { y }",
  ],
  ...["p if input := 1", "p if data.q with input as x", "p if f(1) with f as count", "p if count(1)", "p if 1 + true"],
  ...[
    "import data.p",
    "import input.p",
    "import data.a as p",
    "import future.keywords.zz",
    "import rego.v2",
    "import zz",
  ],
  ...["# METADATA\n# title: 1\np := 1", "# METADATA\n# scope: zz\np := 1", "# METADATA\n# zz: 1\np := 1", "input := 1"],
  ...[
    "p { x }",
    "p[x] { x }",
    "p = 1 { x }",
    "p if { } ",
    "p := 1 if { x } else := 2 if { y }",
    "else := 1",
    "if := 1",
  ],
  ...[
    "p.if := 1",
    "p[_] if true",
    "p[x].y if x := 1",
    "p := {x | y}",
    "p := [x | some y]",
    "startswith := 1",
    "1 := p",
  ],
  ...['p["a"] := 1', "p[1][2] contains 3", "f(x).y := 1", 'p := $"{x}"', "p := {1: x}", "p := x.y", "p := input[x]"],
  ...["test_p if true", "p if { x = y; y = x }", "p if { [x, 1] = [1, x] }", "p := 1 if x { y }", "data.p := 1"],
  ...["p if print(x)", 'p if 1 == "a"', "p := concat(1, 2)", 'p := 1 + "a"', "p if walk(1, x)", "p := time.now_ns(1)"],
] as const;

/** Of so many modules one is made of heads. */
const headsShare = 5;

/** Random modules with faults of syntax or meaning: modules of `corpus`, changed, and heads; the same seed makes the same ones. */
export function errorMutants(corpus: readonly string[], count: number, seed: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => {
    const tape = new Tape(randomTape(seed, i));
    return i % headsShare === 0 ? moduleOfHeads(tape) : mutant(corpus, tape);
  });
}

/** Longer modules say less for their time. */
const maxTokens = 300;

function mutant(corpus: readonly string[], tape: Tape): string {
  const source = corpus.length > 0 ? tape.pick(corpus) : "package a\n\np := 1\n";
  const list = (source.match(token) ?? []).slice(0, maxTokens);
  for (let i = 1 + tape.below(2); i > 0; i--) mutate(list, tape);
  return list.join("");
}

function mutate(list: string[], tape: Tape): void {
  if (list.length === 0) return;
  const at = tape.below(list.length);
  const each = list[at] as string;
  tape.choose([
    () => list.splice(at, 1),
    () => list.splice(at, 1, tape.pick(tokens)),
    () => list.splice(at, 0, tape.pick(tokens)),
    () => list.splice(at, 0, each),
    () => list.splice(at, 2, list[at + 1] ?? "", each),
    () => list.splice(at, 1, withOtherCharacter(each, tape)),
    () => replaceNear(list, at, /^["\d`]/, tape.pick(values)),
    () => replaceNear(list, at, /^[a-z]\w*$/, tape.oneIn(2) ? tape.pick(calls) : tape.pick(["x", "y", "zz", "_", "p"])),
    () => replaceNear(list, at, /^\)$/, tape.pick([", 1)", ", x)", ', "a")'])),
    () => replaceNear(list, at, /^:=$/, tape.pick(["=", "==", "in", "!="])),
    () => list.push(`\n${tape.pick(lines)}\n`),
    () => list.splice(at),
  ]);
}

function replaceNear(list: string[], at: number, pattern: RegExp, text: string): void {
  const found = list.findIndex((each, i) => i >= at && pattern.test(each));
  if (found >= 0) list[found] = text;
}

function withOtherCharacter(text: string, tape: Tape): string {
  const at = tape.below(text.length);
  const inserted = tape.pick(["", "\\", '"', "\n", "{", "}", "é", "0", "."]);
  return text.slice(0, at) + inserted + text.slice(at + tape.below(2));
}

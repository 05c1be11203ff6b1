import { Tape } from "./tape.ts";

/** What is typed into one shell. */
export interface ReplScript {
  /** Behind `run`. */
  readonly args: string;
  readonly lines: readonly string[];
}

const args = [
  "",
  "p.rego",
  "set.rego data.json",
  "repl.input:input.json p.rego",
  "-f json",
  "pe.rego data.json",
  "-b bundle",
  "--v0-compatible v0.rego",
  "x.y:data.json",
];

const commands = [
  ...["show", "show debug", "json", "pretty", "trace", "trace notes", "trace fails", "trace full", "trace debug"],
  ...["trace off", "notes", "fails", "metrics", "instrument", "profile", "types", "strict-builtin-errors", "dump"],
  ...["unknown input", "unknown input data.roles", "unknown", "unknown data.repl.x", "unknown 1", "unset x", "unset p"],
  ...[
    "unset f",
    "unset q",
    "unset a",
    "unset y",
    "unset nosuch",
    "unset x y",
    "unset-package foo",
    "unset-package repl",
  ],
  ...["unset-package foo.bar", "unset-package nosuch", "target rego", "pretty-limit 10", "pretty-limit"],
];

const definitions = [
  ...["x := 1", "x := 2", "x = 3", 'x := "text"', "y := x + 1", "y := input.names", "p contains 1", "p contains x"],
  ...["p contains v if { some v in [3, 4] }", "p if x == 1", "p if { input.user }", "p := {1, 2}", "f(n) := n + x"],
  ...[
    "f(1) := 2",
    'f("a") := 1',
    "f(n) := m if { m := n * 2 }",
    "default f(_) := 0",
    'q[k] := v if some k, v in {"a": 1, "b": 2}',
  ],
  ...['q["c"] := 3', "q.d := 4", "a.b.c := 3", "a.b.d contains 1", "a.b := 1", "default x := 7", "default p := false"],
  ...[
    "x := 5 if input.user",
    "x := 1 { true }",
    "p[x] { x := 1 }",
    "p { true }",
    "x := y",
    "x := data.repl.x",
    "x := x",
  ],
  ...[
    "y := [n | some n in [1, 2]]",
    "p := 1 if { 1 == 2 } else := 2",
    "y := time.now_ns() > 0",
    "y = {1, 2}",
    "x == 1",
  ],
  ...[
    "input := 1",
    "data := 1",
    "data.x := 1",
    "input.x := 1",
    "count := 1",
    "x.y := 1",
    "x[1] := 2",
    "[c, d] := [1, 2]",
  ],
  ...["x := 1; y := 2", "x := 1 if", "if := 1", "some z in [1]; z == 1", "p contains y if some y in x"],
];

const surroundings = [
  ...["package foo", "package foo.bar", "package repl", "package repl.input", "package x", "package", "package 1"],
  ...["import data.repl", "import data.repl.x", "import data.repl.x as z", "import input", "import input.user as u"],
  ...[
    "import rego.v1",
    "import future.keywords",
    "import future.keywords.if",
    "import data.foo",
    "import data.foo.bar as fb",
  ],
  ...["import nosuch", "import data", "import"],
];

const queries = [
  ...[
    "x",
    "y",
    "p",
    "q",
    "a",
    "f(1)",
    'f("a")',
    "f(2)",
    "data",
    "data.repl",
    "data.foo",
    "data.foo.bar",
    "input",
    "input.user",
  ],
  ...[
    "z",
    "u",
    "fb",
    "foo",
    "repl",
    "true",
    "false",
    "null",
    "1",
    '"text"',
    "[1, 2]",
    "{1, 2}",
    '{"a": {"b": 1}}',
    "set()",
  ],
  ...[
    "1 + 1",
    "x + 1",
    "x == 1",
    "not x",
    "not false",
    "1 / 0",
    "count(x)",
    "count([1, 2])",
    'to_number("a")',
    "nosuch(1)",
  ],
  ...[
    "p[i]",
    "q[k]",
    "q.a",
    "a.b.c",
    "some i in [1, 2]",
    "[1, 2][i]",
    "i := [1, 2][_]",
    "i := [1, 2][_]; i > 1",
    "v = [1, 2][i]",
  ],
  ...["every n in [1, 2] { n > 0 }", "1; 2", "x; y", "true; false", "false; true", 'x = "text"', "i = j", "i > 1"],
  ...[
    "x with input as 1",
    "y with data.repl.x as 5",
    "input.x with input.x as 2",
    "f(1) with f as 3",
    "count(1)",
    '1 + "a"',
  ],
  ...[
    'print("printed", x)',
    'trace("noted")',
    "data.example.allow",
    "data.example.deny",
    "data.s.u",
    "data.s.o.a.b[i]",
  ],
  ...[
    "data.roles",
    "data.pe.allow",
    "data.pe.d",
    "data.b.allow",
    "data.old.p",
    "data.x.y",
    "data.example",
    "data.s.long",
  ],
  ...[
    'sprintf("%v", [x])',
    "[n | n := [1, 2][_]]",
    "{k: v | some k, v in q}",
    "walk([1], [w, l])",
    "opa.runtime().version",
  ],
  ...[
    '"a\\nb"',
    "`raw`",
    "1.50",
    "1e3",
    "-1",
    '$"x is {x}"',
    "_",
    "[_, i] = [1, 2]",
    "data[i]",
    "numbers.range(1, 3)[_]",
  ],
  ...[
    "x =",
    "1 +",
    "(",
    '"open',
    "p {",
    "]",
    "x y",
    "# only a comment",
    "1 # behind",
    "  x  ",
    "",
    "data.repl.p",
    "input.names[i]",
  ],
  ...[
    "object.get(q, k, 1)",
    "regex.match(`a`, `a`)",
    "time.now_ns() < 0",
    "rego.metadata.rule()",
    "input.x == 1",
    "x > input.n",
  ],
];

const severalLines = [
  ["p if {", "  x == 1", "}", ""],
  ["y := [1,", "  2,", "]", ""],
  ["f(n) := m if {", "  m := n", "} else := 3", ""],
  ["[1,", "", "x"],
  ["x +", "1", ""],
  ["{", '"a": x', "}", ""],
  ["p contains v if {", "  v := 1", "}", "", "p"],
  ["y := `a", "b`", "", "y"],
];

/** One shell's lines; the same numbers make the same. */
export function replScript(numbers: readonly number[]): ReplScript {
  const tape = new Tape(numbers);
  const lines = () =>
    tape.choose<readonly string[]>([
      () => [tape.pick(queries)],
      () => [tape.pick(definitions)],
      () => [tape.pick(commands)],
      () => [tape.pick(definitions)],
      () => [tape.pick(queries)],
      () => [tape.pick(surroundings)],
      () => tape.pick(severalLines),
    ]);
  return { args: tape.pick(args), lines: tape.list(14, lines, 2).flat() };
}

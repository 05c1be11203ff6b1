import { randomTape, Tape } from "./tape.ts";

const token = /\$?`[^`]*`|\$?"(?:\\.|[^"\\\n])*"|#.*|\s+|[A-Za-z_]\w*|\d[\w.]*|:=|==|!=|<=|>=|\S/g;

/** What stands between tokens. `#` becomes a comment of its own, with a number. */
const gaps = [" ", "", "\n", "\n\n", "\t", " #\n", " #\n", "\n#\n", "\n\n#\n", "\r\n", "\n#\n\n#\n", "  "] as const;

/** What may stand where a name or a constant stood. */
const terms = [
  ...["x", "_", "1", "-1", "1.50", '"a"', "`a`", '"\\u00e9"', '"é\\n"', "null", "true", "[]", "{}", "set()", "{1}"],
  ...["[1, 2]", "[1,\n2]", "{1: 2}", '{"a": 1, "b": [2]}', "{1,\n2}", "[\n1]", "{\n1: 2}", "[x | y]", "[x |\ny]"],
  ...["{x | y}", "{x: y | z}", "{x:\ny | z; a}", "[x | y; z]", "{x |\ny\nz}", "(x | y)", "{(x | y)}", "x | y", "x & y"],
  ...["x + y * 2", "(x + y) * 2", "x - (y - z)", "-x", "(x)", "((x))", "f(x)", "f(x, y)", "f(\nx,\ny\n)", "f.g(x)[0]"],
  ...["a.b.c", 'a["b c"]', 'a["b"].c', "a[x]", "a[_].b", "a[{1}]", "data.a", "input", "input.x[0]", "x.if", 'x["if"]'],
  ...[
    "x in y",
    "(x in y)",
    "(x, y in z)",
    "x == y",
    "f(x) == 1",
    '$"a"',
    '$"a{x}b"',
    '$"{1}"',
    '$"{f(x)} {"b"}"',
    "$`a{x}`",
  ],
  ...["{x | x := y[_]}", "{{1}}", "{[x | y]}", "a.b[c.d[e]]", "f(f(x))", "f([1], {2})", "count([x | y])", "{-1: -x}"],
] as const;

/** Literals, which may stand on lines of their own. */
const literals = [
  ...["some x", "some x, y", "some x,\ny", "some x in y", "some x, y in z", "not x", "not x == y", "x := 1", "x = [y]"],
  ...["every x in y { z }", "every x, y in z {\nx\ny\n}", "every x in y { z; w }", "x with input as 1", "{1}", "{x}"],
  ...[
    "x with input as 1 with data.a as 2",
    "x with input as 1\nwith data.a as 2",
    "x == 1",
    "x != y",
    "f(x)",
    "{x | y}",
  ],
  ...[
    "x in y",
    "x, y in z",
    "not x in y",
    "[x] = y",
    "x | y",
    "-1 = x",
    '$"{x}" == y',
    "x; y",
    "print(x)",
    "x := {\n1,\n2}",
  ],
  ...[
    "x\n.y",
    "a[\n1\n]",
    "not f(x) with input as {1: 2}",
    "x := y | z",
    "(x + 1) > 2",
    "f(x) with input.a as 1",
    "y := (x in z)",
  ],
] as const;

/** Heads and whole rules. */
const rules = [
  ...[
    "p if x",
    "p := 1",
    "p = 1",
    "p := 1 if x",
    "p if {\nx\n}",
    "p contains x if x",
    "p contains 1",
    "p[x] := 1 if x",
  ],
  ...[
    "p.q.r := 1",
    "p.q[x].r if x",
    "f(x) := 1",
    "f(x) if x",
    "f(x) := y if {\ny := x\n}",
    "default p := 1",
    "default f(_) := 1",
  ],
  ...[
    "p.q contains 1",
    "p if x else := 1 if y",
    "p := 1 if {\nx\n} else := 2",
    "p := 1 if x else := 2 if y else := 3",
    "p if {1}",
  ],
  ...[
    "p := {1}",
    "f({x}) if x",
    "f([x, y], {1: z}) := x",
    "p.q(x) := 1",
    'p["a b"] := 1',
    "p[1] := 1",
    "p := x if { x }",
    "p if x; q if y",
  ],
  ...[
    "p := 1 if x\np := 2 if y",
    "p if { x; y }",
    "p.if := 1",
    "f(\nx) := 1",
    "p := [\n1,\n2\n]",
    "p { x }",
    "p[x] { x }",
    "p = x { x }",
  ],
  ...[
    "p := 1 { x } else = 2 { y }",
    "p := 1 { x } { y }",
    "p if { x } { y }",
    "f(x) = y { y = x }",
    "p := -1",
    "# METADATA\n# title: a\np := 1",
  ],
] as const;

const imports = [
  ...[
    "import data.z",
    "import data.a.c",
    "import input.x as y",
    'import data["a b"]',
    "import rego.v1",
    "import future.keywords",
  ],
  ...["import future.keywords.in", "import future.keywords.if", "import future.keywords.every", "import data.a.y # x"],
  ...["import future.keywords.and", "import future.keywords.or", "import future.keywords.not"],
] as const;

/** A part of a module that is there already, and the place where each of its tokens begins. */
interface Draft {
  readonly header: string;
  readonly tokens: string[];
}

/** Random modules: rules of `corpus` with other terms, literals, line breaks and comments in them; the same seed makes the same ones. */
export function formatMutants(corpus: readonly string[], count: number, seed: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => mutant(corpus, new Tape(randomTape(seed, i))));
}

function mutant(corpus: readonly string[], tape: Tape): string {
  const { header, tokens } = draft(corpus, tape);
  let comments = 0;
  for (let i = 1 + tape.below(5); i > 0; i--) mutate(tokens, tape);
  const text = header + tokens.join("");
  return `${text.replaceAll("#\n", () => `# c${++comments}\n`)}\n`;
}

function draft(corpus: readonly string[], tape: Tape): Draft {
  const blocks = corpus.length > 0 && tape.oneIn(2) ? tape.pick(corpus).split(/\n(?:[ \t]*\n)+(?=\S)/) : [];
  const isHead = (block: string): boolean => /^(?:package|import)\b/m.test(block);
  const own = blocks.filter((block) => !isHead(block));
  const imported = tape.oneIn(6) ? `\n${tape.list(4, () => tape.pick(imports), 1).join("\n")}\n` : "";
  const header =
    blocks.length > 0 ? `${blocks.filter(isHead).join("\n\n")}\n${imported}\n` : `package a\n${imported}\n`;
  const chosen = tape.list(2, () => (own.length > 0 ? tape.pick(own) : ruleText(tape)), 1);
  const text = chosen.join(tape.pick(["\n\n", "\n"]));
  return { header, tokens: (text.match(token) ?? []).slice(0, 400) };
}

/** One of the rules, often with a body of other literals. */
function ruleText(tape: Tape): string {
  const rule = tape.pick(rules);
  if (tape.oneIn(3)) return rule;
  const body = tape.list(3, () => tape.pick(literals), 1).join(tape.pick(["\n", "; "]));
  return rule.replace(/ if x\b(?!.*else)/, () => ` if {${tape.pick(["\n", " "])}${body}${tape.pick(["\n", " "])}}`);
}

function mutate(tokens: string[], tape: Tape): void {
  if (tokens.length === 0) return;
  const at = tape.below(tokens.length);
  const each = tokens[at] as string;
  const isGap = /^\s/.test(each);
  if (isGap) tokens[at] = tape.pick(gaps);
  else if (tape.oneIn(3) && /^[\w"`]/.test(each)) tokens[at] = tape.pick(terms);
  else if (/^[\])}]$/.test(each)) tokens.splice(at, 0, tape.pick([",", ", ", "\n", ",\n", " #\n", ",#\n", "\n#\n"]));
  else tokens.splice(at, 0, tape.pick(gaps));
}

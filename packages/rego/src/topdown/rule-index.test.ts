import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { compileModules } from "../compile/compile.ts";
import type { Module } from "../syntax/ast.ts";
import { parseModule } from "../syntax/parser.ts";
import { lookup } from "../value/access.ts";
import type { Value } from "../value/value.ts";
import { type Look, unknownValue } from "./rule-index.ts";
import { ruleTreeOf } from "./rule-tree.ts";

interface Case {
  readonly note: string;
  readonly rules: string;
  /** Of `p` or of its call. */
  readonly input?: Value;
  readonly args?: readonly Value[];
  readonly isUnknown?: boolean;
  /** Rows of the rules that may hold, in order; `*` when one is enough. */
  readonly wanted: string;
}

const cases: readonly Case[] = [
  { note: "equations with constants", rules: "p if input.x == 1\np if input.x == 2", input: { x: 2 }, wanted: "2 *" },
  { note: "what is undefined", rules: "p if input.x == 1\np if input.y", input: {}, wanted: " *" },
  { note: "without conditions first", rules: "p if input.x == 1\np if 1 > 0", input: { x: 1 }, wanted: "2 1 *" },
  { note: "any value", rules: "p if { v := input.x; v > 3 }", input: { x: null }, wanted: "1 *" },
  { note: "other values", rules: "p := 1 if input.x\np := 2 if input.y", input: { x: 1, y: 1 }, wanted: "2 1" },
  {
    note: "arrays with gaps",
    rules: 'p if input.x = ["a", _]\np if input.x = ["b", _]',
    input: { x: ["b", 1] },
    wanted: "2 *",
  },
  {
    note: "globs",
    rules: 'p if glob.match("a:*", [":"], input.x)\np if glob.match("b:*", [":"], input.x)',
    input: { x: "b:1" },
    wanted: "2 *",
  },
  {
    note: "members of a literal",
    rules: 'p if input.x in {"a", "b"}\np if input.x in {"c"}',
    input: { x: "b" },
    wanted: "1 *",
  },
  {
    note: "members of a document",
    rules: 'p if "a" in input.xs\np if "b" in input.xs',
    input: { xs: ["b"] },
    wanted: "2 *",
  },
  { note: "arguments", rules: 'p(x) := 1 if x == "a"\np(x) := 2 if x == "b"', args: ["b"], wanted: "2 *" },
  { note: "negated conditions say nothing", rules: "p if not input.x == 1", input: { x: 1 }, wanted: "1 *" },
  { note: "nor do those under with", rules: "p if input.x == 1 with input.x as 1", input: {}, wanted: "1 *" },
  { note: "what is unknown may hold", rules: "p if input.x == 1\np if input.x == 2", isUnknown: true, wanted: "1 2 *" },
];

for (const { note, rules, input, args, isUnknown, wanted } of cases) {
  test(note, () => {
    const { module } = parseModule(`package a\n${rules}`, { file: "a.rego", regoVersion: "v1" });
    const { compiled } = compileModules([module as Module]);
    if (compiled === undefined) throw new Error("the rules do not compile");
    const tree = ruleTreeOf(compiled);
    const look: Look = (subject) => {
      if (isUnknown === true) return unknownValue;
      if (subject.kind === "arg") return args?.[subject.at];
      const keys = subject.terms.slice(1).map((key) => (key.kind === "known" ? key.value : null));
      return keys.reduce<Value | undefined>(
        (value, key) => (value === undefined ? undefined : lookup(value, key)),
        input,
      );
    };
    const found = tree.child("a")?.child("p")?.index(tree).candidates(look);
    const rows = found?.rules.map(({ source }) => source.loc.row - 1).join(" ");
    deepEqual(`${rows}${found?.earlyExit === true ? " *" : ""}`, wanted);
  });
}

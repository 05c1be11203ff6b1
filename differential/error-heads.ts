import type { Tape } from "./tape.ts";

const names = ["p", "p", "p", "q", "f", "data.p", "input", "p.q"] as const;

const plainKeys = [".q", ".r", '["q"]', "[x]", "[y]"] as const;

const keys = [
  ...plainKeys,
  ...["[1]", "[_]", "[input.k]", "[null]", '["a b"]', ".if", "[[1]]", "[f(x)]", "[x.y]", "[{1}]", "[true]"],
] as const;

const argLists = ["(x)", "(x, y)", "(_)", "(1)", "([x, y])", "()", "(input)", '({"a": x})', "(x, x)", "(f)"] as const;

const values = [
  ...["", " := 1", " := x", " = 2", " = y", ' := "a"', " := [x]", " := {1 | true}", " := input.x", " == 1", " := _"],
  ...[" := data.p", " := p", " := data.a.p", " := p.q", " := p[1]", " := data.a.p.q.r"],
  ...[" := p(1)", " := data.a.p.q(1)", " := f(1)", " := p.q(1, 2)"],
] as const;

const members = ["x", "1", "y", "_", "[x]"] as const;

const bodies = [
  ...["", " if true", " if { x := 1; y := 2 }", ' if { x := "a"; y := 2 }', " if { some x; y := input[x] }"],
  ...[" if x := 1", " if some x in [1]", " if input.z"],
] as const;

/** A module of some rules with heads of all kinds, which may lie in the way of each other. */
export function moduleOfHeads(tape: Tape): string {
  const rules = Array.from({ length: 1 + tape.below(3) }, () => ruleOf(tape));
  return `package ${tape.pick(["a", "a.p", "a"])}\n\n${rules.join("\n\n")}\n`;
}

function ruleOf(tape: Tape): string {
  const word = tape.oneIn(5) ? "default " : "";
  const name = tape.pick(names);
  const operands = Array.from({ length: tape.below(4) }, () => tape.pick(tape.oneIn(2) ? plainKeys : keys));
  const args = tape.oneIn(4) ? tape.pick(argLists) : "";
  const behind = tape.oneIn(15) ? tape.pick(keys) : "";
  const head = `${word}${name}${operands.join("")}${args}${behind}`;
  if (tape.oneIn(5)) return `${head} contains ${tape.pick(members)}${tape.pick(bodies)}`;
  const rule = `${head}${tape.pick(values)}${tape.pick(bodies)}`;
  return tape.oneIn(12) ? `${rule} else${tape.pick(values)}${tape.pick(bodies)}` : rule;
}

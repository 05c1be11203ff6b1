import type { Builtin } from "../../builtins/builtin.ts";
import type { Block, Func, Policy } from "../ir.ts";
import { blocksOf } from "../statements.ts";
import { Constants } from "./constants.ts";
import { isReplaced } from "./inline.ts";
import { writeBlock } from "./statements.ts";
import { numberRunAt, writeNumberRun } from "./switch.ts";
import { type Context, Writer } from "./writer.ts";

/** Names that a text needs from outside, beside `$`: the builtins that it calls, in the order of `builtins`. */
export interface PolicyText {
  readonly text: string;
  readonly builtins: readonly string[];
}

/** Builtins whose calls can be told apart by their order. */
const ordered: ReadonlySet<string> = new Set([
  "internal.print",
  "trace",
  "http.send",
  "rand.intn",
  "internal.test_case",
]);

/** Writes a policy as one JavaScript text: the body of a function of `$` (what generated code calls) and `c` (the builtins). */
export function writePolicy(policy: Policy, builtins: ReadonlyMap<string, Builtin>): PolicyText {
  const functions = policy.funcs.funcs ?? [];
  const constants = new Constants();
  const context: Context = {
    functions,
    numbers: new Map(functions.map((func, i) => [func.name, i])),
    strings: policy.static.strings.map(({ value }) => value),
    constants,
    builtins,
    called: [],
    remembered: new Set(functions.flatMap((func, i) => (isRemembered(func) ? [i] : []))),
    isOrdered: [...policy.plans.plans, ...functions].some(({ blocks }) =>
      blocks.some((block) => isOrdered(block, builtins)),
    ),
  };
  const bodies = functions.map(({ blocks, params }, i) => writeFunction(context, i, blocks, params));
  const plans = policy.plans.plans.map(
    ({ name, blocks }) => `[${JSON.stringify(name)}]: ${writePlan(context, blocks)}`,
  );
  const names = context.called.map((_, i) => `c${i}`);
  const text = `"use strict";
const [${names.join(", ")}] = c;
${bodies.join("\n")}
${constants.text}
const plans = { __proto__: null, ${plans.join(",\n")} };
return (plan, input, data, s) => plans[plan](s, s.frame(input, data));`;
  return { text, builtins: context.called };
}

/** True when a block calls a builtin whose calls can be told apart, or one that is not OPA's and so may do anything. */
function isOrdered(block: Block, builtins: ReadonlyMap<string, Builtin>): boolean {
  return block.stmts.some((each) => {
    if (blocksOf(each).some((inner) => isOrdered(inner, builtins))) return true;
    if (each.type !== "CallStmt") return false;
    const { func } = each.stmt;
    return ordered.has(func) || isReplaced(func, builtins);
  });
}

/** Calls in a function from which on looking its answer up is far less than finding it again. */
const minCalls = 6;

/** Quantities, images and paths are taken apart by functions of one text, which policies call for the same few texts in rule after rule. */
function isRemembered({ params, blocks }: Func): boolean {
  return params.length === 3 && callsIn(blocks) >= minCalls;
}

function callsIn(blocks: readonly Block[]): number {
  const all = blocks.flatMap(({ stmts }) => stmts);
  return all.reduce((sum, each) => sum + (each.type === "CallStmt" ? 1 : callsIn(blocksOf(each))), 0);
}

/** A rule's value is kept with the frame: `m3` looks there before it asks `f3`. */
function writeFunction(context: Context, number: number, blocks: readonly Block[], params: readonly number[]): string {
  const own = params.slice(2);
  const args = ["s", "f", ...own.map((param) => `v${param}`)].join(", ");
  const text = `function f${number}(${args}) {\n${writeBlocks(context, blocks, params)}\n}`;
  if (context.remembered.has(number) && !context.isOrdered) {
    const [param] = own;
    return `${text}
function g${number}(s, f, v${param}) {
return typeof v${param} === "string" ? s.recall(f, ${number}, f${number}, v${param}) : f${number}(s, f, v${param});
}`;
  }
  if (own.length > 0) return text;
  return `${text}
function m${number}(s, f) {
const known = f.memo[${number}];
if (known !== undefined) return known === $.none ? undefined : known;
s.enter(); const value = f${number}(s, f); s.leave();
f.memo[${number}] = value === undefined ? $.none : value;
return value;
}`;
}

function writePlan(context: Context, blocks: readonly Block[]): string {
  return `(s, f) => {\nconst results = [];\n${writeBlocks(context, blocks, [0, 1])}\nreturn results;\n}`;
}

function writeBlocks(context: Context, blocks: readonly Block[], params: readonly number[]): string {
  const writer = new Writer(context, blocks, params);
  for (let at = 0; at < blocks.length; ) {
    const run = numberRunAt(blocks, at, writer.analysis);
    if (run === undefined) writeBlock(writer, blocks[at] as Block);
    else writeNumberRun(writer, run, (block) => writeBlock(writer, block));
    at += run?.blocks.size ?? 1;
  }
  return writer.text(params);
}

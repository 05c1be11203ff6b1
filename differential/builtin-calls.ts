import { readdirSync, readFileSync } from "node:fs";
import { builtinNames, findSignature } from "../packages/rego/src/builtins/capabilities.ts";
import { allOperands, operandsOf, smallOperands, worldlyOperands } from "./builtin-pools.ts";
import type { BuiltinCall } from "./builtins.ts";
import { Tape } from "./tape.ts";

/** What is no function with a value, what only the compiler calls, or whose value is about the rule, the process or the clock. */
const leftOut =
  /^(?:trace|print|internal\.print|internal\.template_string|internal\.test_case|assign|eq|rego\.metadata\..*|opa\.runtime|time\.now_ns|uuid\.rfc4122)$/;

const names = builtinNames().filter((name) => !leftOut.test(name));

/** They ask the world or chance: only calls that they refuse are the same each time. */
const worldly = /^(?:http\.|net\.lookup|rand\.|providers)/;

/** Their answers may fill memory. */
const expanding = /^(?:numbers\.range|bits\.lsh|net\.cidr_expand)/;

/** Choices that one call may make: its name, and for each operand whether its type fits and which it is. */
const choicesPerCall = 24;

/** Random calls; the same seed makes the same ones. */
export function builtinCalls(count: number, seed: number): readonly BuiltinCall[] {
  return Array.from({ length: count }, (_, i) => builtinCall(new Tape(numbersOf(seed * 1_000_003 + i))));
}

function numbersOf(seed: number): number[] {
  let state = seed >>> 0 || 1;
  return Array.from({ length: choicesPerCall }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 1;
  });
}

function builtinCall(tape: Tape): BuiltinCall {
  const name = tape.pick(names);
  const operands = (findSignature(name)?.args ?? []).map((type, at) => {
    if (worldly.test(name)) return tape.pick(worldlyOperands);
    if (expanding.test(name)) return tape.pick(smallOperands);
    if (tape.oneIn(8)) return tape.pick(allOperands);
    const known = recordedOperands().get(`${name} ${at}`);
    return tape.pick(known !== undefined && tape.oneIn(2) ? known : operandsOf(type));
  });
  return { name, operands };
}

let recorded: ReadonlyMap<string, readonly string[]> | undefined;

/** By name and place, what recorded calls have as operands: certificates, tokens, schemas, modules. */
function recordedOperands(): ReadonlyMap<string, readonly string[]> {
  recorded ??= readRecorded();
  return recorded;
}

function readRecorded(): ReadonlyMap<string, readonly string[]> {
  const folder = new URL("./answers/", import.meta.url);
  const operands = new Map<string, string[]>();
  for (const file of readdirSync(folder).sort())
    for (const line of readFileSync(new URL(file, folder), "utf8").split("\n").filter(Boolean)) {
      const [name, ...rest] = JSON.parse(line) as [string, ...string[]];
      for (const [at, operand] of rest.slice(0, -1).entries()) {
        const known = operands.get(`${name} ${at}`) ?? [];
        operands.set(`${name} ${at}`, known);
        if (!known.includes(operand)) known.push(operand);
      }
    }
  return operands;
}

import { readdirSync, readFileSync } from "node:fs";
import { builtinNames, findSignature } from "../packages/rego/src/builtins/capabilities.ts";
import { allOperands, operandsOf, smallOperands, worldlyOperands } from "./builtin-pools.ts";
import type { BuiltinCall } from "./builtins.ts";
import { randomTape, Tape } from "./tape.ts";

/** Those of `builtin-terms.ts`: no functions with a value, or about the rule, the process or the clock. */
const leftOut =
  /^(?:trace|print|internal\.print|internal\.template_string|internal\.test_case|assign|eq|rego\.metadata\..*|opa\.runtime|time\.now_ns|uuid\.rfc4122)$/;

const names = builtinNames().filter((name) => !leftOut.test(name));

/** They ask the world or chance: only calls that they refuse are the same each time. */
const worldly = /^(?:http\.|net\.lookup|rand\.|providers)/;

/** Their answers may fill memory. */
const expanding = /^(?:numbers\.range|bits\.lsh|net\.cidr_expand)/;

/** Random calls, of each builtin about as many; the same seed makes the same ones. */
export function builtinCalls(count: number, seed: number): readonly BuiltinCall[] {
  return Array.from({ length: count }, (_, i) =>
    builtinCall(names[i % names.length] as string, new Tape(randomTape(seed, i))),
  );
}

function builtinCall(name: string, tape: Tape): BuiltinCall {
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

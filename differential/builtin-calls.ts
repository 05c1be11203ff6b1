import { builtinNames, findSignature } from "../packages/rego/src/builtins/capabilities.ts";
import { allOperands, operandsOf } from "./builtin-pools.ts";
import type { BuiltinCall } from "./builtins.ts";
import { Tape } from "./tape.ts";

/** Those that ask the world, that no call can reach, that are no longer to be called, or whose answers may fill memory. */
const leftOut =
  /^(http\.|net\.lookup|opa\.|rand\.|time\.now|uuid\.rfc|trace$|print$|internal|rego\.|graphql|providers|assign$|eq$|io\.jwt\.encode|numbers\.range|bits\.lsh|net\.cidr_expand)/;

const names = builtinNames().filter((name) => !leftOut.test(name) && findSignature(name)?.deprecated !== true);

/** Choices that one call may make: its name, and for each operand whether its type fits and which it is. */
const choicesPerCall = 16;

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
  const operands = (findSignature(name)?.args ?? []).map((type) =>
    tape.pick(tape.oneIn(8) ? allOperands : operandsOf(type)),
  );
  return { name, operands };
}

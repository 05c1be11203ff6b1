import { builtinNames } from "../packages/rego/src/builtins/capabilities.ts";
import { builtinCalls } from "./builtin-calls.ts";
import { compareTerms } from "./builtin-term-answers.ts";
import { fixedTerms, randomTerms } from "./builtin-terms.ts";
import { type BuiltinMismatch, compareCalls } from "./builtins.ts";
import { findOpa } from "./opa-server.ts";

/** Calls of one module: enough that starting OPA costs little. */
const callsPerModule = 200;

/** One in so many calls is a term: an OPA of its own answers it. */
const callsPerTerm = 20;

/** `npm run differential -- builtins [CALLS] [SEED]`; answers the exit code. */
export async function differentialOfBuiltins(args: readonly string[]): Promise<number> {
  const [count = "4000", seed = String(Date.now() % 1_000_000_000), ...more] = args;
  if (more.length > 0 || !/^\d+$/.test(count) || !/^\d+$/.test(seed))
    return refused("usage: npm run differential -- builtins [CALLS] [SEED]");
  const opa = findOpa();
  if ("missing" in opa) return refused(opa.missing);
  const calls = builtinCalls(Number(count), Number(seed));
  const terms = [...fixedTerms, ...randomTerms(Math.ceil(Number(count) / callsPerTerm), Number(seed))];
  let mismatches = 0;
  for (let from = 0; from < calls.length; from += callsPerModule)
    mismatches += tell(compareCalls(opa.file, calls.slice(from, from + callsPerModule)));
  mismatches += tell(await compareTerms(opa.file, terms));
  const all = builtinNames();
  const called = new Set([...calls, ...terms].map(({ name }) => name));
  const missing = all.filter((name) => !called.has(name));
  const covered = `${called.size} of ${all.length} builtins`;
  console.log(`${calls.length + terms.length} calls of ${covered}, seed ${seed}: ${mismatches} differ`);
  if (missing.length > 0) console.log(`not called: ${missing.join(", ")}`);
  return mismatches + missing.length === 0 ? 0 : 1;
}

function tell(mismatches: readonly BuiltinMismatch[]): number {
  for (const { call, opa, sallyport } of mismatches)
    console.log(`${call}\n  opa:       ${opa}\n  sallyport: ${sallyport}`);
  return mismatches.length;
}

function refused(message: string): number {
  console.error(`differential: ${message}`);
  return 2;
}

import { createEffects } from "@sallyport/effects";
import {
  compile,
  type DataSnapshot,
  DataStore,
  formatDiagnostic,
  jsonText,
  parseJson,
  type RegoPolicy,
  type Value,
} from "@sallyport/rego";
import type { RegoCase } from "./case.ts";
import type { Basis, Engine } from "./engine.ts";

const effects = createEffects();

/** Our own engine, in this process. */
export function createSallyport(): Engine {
  let policy: RegoPolicy;
  let workload: RegoCase;
  let inputs: readonly Value[];
  let data: Value | DataSnapshot;
  const parsed = (input: Value) => policy.evaluate(workload.query, { input, data, effects });
  const whole = (text: string) => {
    const value = policy.evaluate(workload.query, { inputJson: text, data, effects });
    return value === undefined ? "null" : jsonText(value);
  };
  return {
    name: "sallyport",
    load: async (next) => {
      const start = performance.now();
      policy = compileCase(next);
      policy.plan(next.query);
      const took = performance.now() - start;
      workload = next;
      data = next.isStored === true ? new DataStore({ root: next.data }).snapshot : next.data;
      inputs = next.inputs.map(parseJson);
      return took * 1000;
    },
    values: async () => workload.inputs.map(whole),
    time: async (basis: Basis, ms: number) =>
      basis === "parsed" ? average(inputs, parsed, ms) : average(workload.inputs, whole, ms),
    stop: () => undefined,
  };
}

/** Throws what the compiler said. */
export function compileCase({ modules, regoVersion }: RegoCase): RegoPolicy {
  const { policy, diagnostics } = compile(modules, { regoVersion });
  if (policy === undefined) throw new Error(diagnostics.map(formatDiagnostic).join("\n"));
  return policy;
}

/** Asks the clock some ten times only: that takes as long as a small policy's evaluation. */
function average<T>(inputs: readonly T[], run: (input: T) => unknown, ms: number): number {
  const start = performance.now();
  for (let passes = 0, batch = 1; ; ) {
    for (let i = 0; i < batch; i++) for (const input of inputs) run(input);
    passes += batch;
    const took = performance.now() - start;
    if (took >= ms) return (took * 1000) / (passes * inputs.length);
    if (took < ms / 10) batch *= 2;
  }
}

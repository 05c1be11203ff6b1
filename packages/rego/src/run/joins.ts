import type { Builtin, Effects } from "../builtins/builtin.ts";
import type { ComputeKey } from "../data/join-index.ts";
import type { Value } from "../value/value.ts";
import { EvaluationError } from "./errors.ts";
import type { Interpreter } from "./interpreter.ts";
import type { Join, Policy } from "./ir.ts";
import { defaultLimits, RunState } from "./state.ts";

/** A join, ready to be asked for in a store. */
export interface PreparedJoin {
  readonly join: Join;
  /** The same for joins that mean the same, also of another policy: they share their index. */
  readonly name: string;
  readonly compute: ComputeKey;
}

export function prepareJoins(
  policy: Policy,
  interpreter: Interpreter,
  builtins: ReadonlyMap<string, Builtin>,
): readonly PreparedJoin[] {
  return (policy.joins ?? []).map((join) => ({
    join,
    name: nameOf(policy, join),
    compute: (value) => compute(interpreter, builtins, join, value),
  }));
}

/** The calls of joins ask for none of it. */
const noEffects: Effects = { nowNs: 0n, randomBytes: (size) => new Uint8Array(size), env: {} };

function compute(
  interpreter: Interpreter,
  builtins: ReadonlyMap<string, Builtin>,
  { calls }: Join,
  value: Value,
): Value | "unknown" | undefined {
  const state = new RunState({ effects: noEffects, builtins, strictBuiltinErrors: false, limits: defaultLimits });
  let current: Value | undefined = value;
  try {
    for (const { func, args } of calls) {
      if (current === undefined) return undefined;
      current = interpreter.call(func, args, current, state);
    }
    return current;
  } catch (error) {
    // The round itself says what is wrong with it, if it is run.
    if (error instanceof EvaluationError || error instanceof RangeError) return "unknown";
    throw error;
  }
}

/** The join, and all that its calls do. */
function nameOf(policy: Policy, join: Join): string {
  const strings = policy.static.strings;
  const functions = new Map((policy.funcs.funcs ?? []).map((func) => [func.name, func]));
  const seen = new Set<string>();
  const text = (each: unknown): string =>
    JSON.stringify(each, (key, value: unknown) => {
      if (key === "file" || key === "row" || key === "col") return undefined;
      if (key === "func") {
        if (functions.has(value as string) && !seen.has(value as string)) pending.push(value as string);
        seen.add(value as string);
      }
      const { type, value: index } = (value ?? {}) as { type?: string; value?: number };
      if (type === "string_index") return { string: strings[index as number]?.value };
      if (type === "MakeNumberRefStmt") {
        const { Index, target } = (value as { stmt: { Index: number; target: number } }).stmt;
        return { number: strings[Index]?.value, target };
      }
      return value;
    });
  const pending: string[] = [];
  const parts = [text(join)];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) parts.push(text(functions.get(name)));
  return parts.join("\n");
}

import { jsonText } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import type { Builtin, Effects, QueryState } from "./builtin.ts";

const noEffects: Effects = { nowNs: 0n, randomBytes: (size) => new Uint8Array(size), env: {} };

/** What a builtin answers, for table tests: JSON text, `undefined`, or the message of its error. */
export function answerOf(
  builtins: readonly Builtin[],
  name: string,
  args: readonly Value[],
  state: QueryState = { effects: noEffects, cache: new Map() },
): string {
  const builtin = builtins.find((each) => each.name === name);
  if (builtin === undefined) return `no builtin ${name}`;
  try {
    const value = builtin.call(args, state);
    return value === undefined ? "undefined" : jsonText(value);
  } catch (error) {
    return (error as Error).message;
  }
}

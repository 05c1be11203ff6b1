import { isEqual } from "../value/equal.ts";
import { CelError, Opaque, type Value } from "../value/value.ts";
import type { CallCost } from "./call-cost.ts";
import type { Code } from "./state.ts";

/** `||` and `&&`: `decisive` on either side settles it, whatever the other is. */
export function logic(left: Code, right: Code, decisive: boolean): Code {
  return (run) => {
    const a = left(run);
    if (a === decisive) return decisive;
    const b = right(run);
    if (b === decisive) return decisive;
    if (typeof a === "boolean" && typeof b === "boolean") return !decisive;
    if (a instanceof CelError) return a;
    return typeof a === "boolean" && b instanceof CelError ? b : new CelError("no such overload");
  };
}

/** Only the branch that the condition chooses is evaluated. */
export function conditional(condition: Code, yes: Code, no: Code): Code {
  return (run) => {
    const value = condition(run);
    if (typeof value === "boolean") return value ? yes(run) : no(run);
    return value instanceof CelError ? value : new CelError("no such overload");
  };
}

/** `==` where `wanted` is true, else `!=`. */
export function equality(left: Code, right: Code, wanted: boolean, cost: CallCost): Code {
  return (run) => {
    const a = left(run);
    const b = right(run);
    const result = a instanceof CelError ? a : b instanceof CelError ? b : compared(a, b, wanted);
    run.charge(cost([a, b], result));
    return result;
  };
}

function compared(a: Value, b: Value, wanted: boolean): Value {
  if (a instanceof Opaque && b instanceof Opaque && b.isIncomparable) return new CelError("no such overload");
  return isEqual(a, b) === wanted;
}

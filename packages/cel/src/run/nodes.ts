import { ArrayList, CelError, Optional, type Value } from "../value/value.ts";
import { CompositedVariables, NamedVariable } from "../variables.ts";
import { qualify, qualifyIfPresent } from "./access.ts";
import type { CallCost } from "./call-cost.ts";
import type { Dispatch } from "./dispatch.ts";
import type { Code, Run } from "./state.ts";

/** The code with one unit of cost. */
export function charged(code: Code): Code {
  return (run) => {
    const value = code(run);
    run.charge(1);
    return value;
  };
}

/** `operand.a.b` without the unit for its root. */
export function fields(operand: Code, names: readonly string[]): Code {
  return (run) => {
    let value = operand(run);
    for (let index = 0; index < names.length; index++) {
      if (value instanceof CelError) return value;
      run.charge(1);
      value = qualify(value, names[index] as string);
    }
    return value;
  };
}

/** `variables.NAME` without the unit for its root; `operand` is most probably a policy's `variables`. */
export function variableOf(operand: Code, name: string): Code {
  const named = new NamedVariable(name);
  return (run) => {
    const value = operand(run);
    if (value instanceof CelError) return value;
    run.charge(1);
    const found = value instanceof CompositedVariables ? value.getNamed(named) : undefined;
    return found === undefined ? qualify(value, name) : found;
  };
}

/** `operand[key]` without the unit for its root. */
export function element(operand: Code, key: Code): Code {
  return (run) => {
    const value = operand(run);
    if (value instanceof CelError) return value;
    const index = key(run);
    run.charge(1);
    return index instanceof CelError ? index : qualify(value, index);
  };
}

/** `operand[?key]`: what is not there costs nothing. */
export function optionalElement(operand: Code, key: Code): Code {
  return (run) => {
    const value = operand(run);
    if (value instanceof CelError) return value;
    const index = key(run);
    const found = index instanceof CelError ? index : qualifyIfPresent(value, index);
    if (found !== Optional.none) run.charge(1);
    return found;
  };
}

/** True of all but false, faults too: a fold goes on. */
export function notStrictlyFalse(arg: Code): Code {
  return (run) => {
    const value = arg(run);
    run.charge(1);
    return value !== false;
  };
}

/** Evaluates all operands, hands the first fault on, or calls. Most calls have one operand or two, which need no loop. */
export function strict(operands: readonly Code[], call: Dispatch, cost: CallCost): Code {
  const [first, second] = operands;
  if (operands.length === 1) return unary(first as Code, call, cost);
  if (operands.length === 2) return binary(first as Code, second as Code, call, cost);
  return (run: Run) => {
    const args: Value[] = [];
    let fault: CelError | undefined;
    for (const operand of operands) {
      const value = operand(run);
      if (value instanceof CelError) fault ??= value;
      args.push(value);
    }
    const result = fault ?? call(args);
    run.charge(cost(args, result));
    return result;
  };
}

function unary(operand: Code, call: Dispatch, cost: CallCost): Code {
  return (run) => {
    const value = operand(run);
    const args = [value];
    const result = value instanceof CelError ? value : call(args);
    run.charge(cost(args, result));
    return result;
  };
}

function binary(first: Code, second: Code, call: Dispatch, cost: CallCost): Code {
  return (run) => {
    const a = first(run);
    const b = second(run);
    const args = [a, b];
    const result = a instanceof CelError ? a : b instanceof CelError ? b : call(args);
    run.charge(cost(args, result));
    return result;
  };
}

/** A list of literals, made once. */
export function constant(elements: readonly Code[]): Code {
  let list: ArrayList | undefined;
  return (run) => (list ??= new ArrayList(elements.map((each) => each(run))));
}

import type { Value } from "../value/value.ts";

/** Kubernetes' limit of one expression's evaluation, in cost units: about a tenth of a second of its own evaluator. */
export const PER_CALL_LIMIT = 1_000_000;

/** Kubernetes' limit of all expressions of one policy or schema together. */
export const RUNTIME_COST_BUDGET = 10_000_000;

/** The values of variables, asked by name when they are needed. */
export interface Activation {
  /** The variable's value; undefined when it has none. */
  readonly find: (name: string) => Value | undefined;
}

/** Values by name; functions are called at the first use, and not again. */
export function activationOf(values: Readonly<Record<string, Value | (() => Value)>>): Activation {
  const found = new Map<string, Value>();
  return {
    find: (name) => {
      if (!Object.hasOwn(values, name)) return undefined;
      const value = values[name] as Value | (() => Value);
      if (typeof value !== "function") return value;
      const known = found.get(name);
      if (known !== undefined) return known;
      const computed = value();
      found.set(name, computed);
      return computed;
    },
  };
}

const none: Value[] = [];

/** One evaluation. */
export class Run {
  readonly activation: Activation;
  readonly locals: Value[];
  readonly limit: number;
  cost = 0;

  constructor(activation: Activation, slots: number, limit: number) {
    this.activation = activation;
    this.locals = slots === 0 ? none : new Array(slots).fill(null);
    this.limit = limit;
  }

  charge(units: number): void {
    this.cost += units;
    if (this.cost > this.limit) throw new CostExceeded();
  }
}

/** Ends an evaluation at once: no operator absorbs it, as it would absorb a `CelError`. */
export class CostExceeded extends Error {
  constructor() {
    super("operation cancelled: actual cost limit exceeded");
  }
}

/** Ends an evaluation as a panic ends one of cel-go's, which tells it as its own. */
export class Panic extends Error {
  constructor(why: string) {
    super(`internal error: ${why}`);
  }
}

/** A compiled node. */
export type Code = (run: Run) => Value;

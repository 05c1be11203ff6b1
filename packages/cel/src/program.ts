import { type Checked, check } from "./check/checker.ts";
import type { Environment } from "./check/environment.ts";
import { checkHomogeneous, checkLiterals } from "./check/literal-checks.ts";
import type { Type } from "./check/type.ts";
import { createCode } from "./run/closures.ts";
import { generateCode } from "./run/generate.ts";
import { type Activation, type Code, CostExceeded, Panic, PER_CALL_LIMIT, Run } from "./run/state.ts";
import { type Diagnostic, formatDiagnostics, Source } from "./syntax/diagnostic.ts";
import { parse } from "./syntax/parser.ts";
import { CelError, type Value } from "./value/value.ts";

/** What an evaluation came to, and what it cost in Kubernetes' units. */
export type Outcome =
  | { readonly value: Value; readonly cost: number }
  | { readonly error: string; readonly cost: number; readonly isBudgetExceeded: boolean };

/** What was wrong with an expression. */
export interface CompileFailure {
  readonly faults: readonly Diagnostic[];
  /** All faults as cel-go writes them, with their lines. */
  readonly message: string;
}

/** An expression that is ready to be evaluated, as often as wanted. */
export class Program {
  readonly checked: Checked;
  readonly environment: Environment;
  /**
   * What can only fail, found before any evaluation: a literal that does not convert, a pattern that is none. Kubernetes refuses
   * such an expression ("program instantiation failed"), though it might never reach that part.
   */
  readonly instantiationFault: string | undefined;
  #code: Code;
  #slots: number;
  /** Evaluations until it is made JavaScript. */
  #closures: number;

  constructor(checked: Checked, environment: Environment, generateAfter = GENERATE_AFTER) {
    const { code, slots, fault } = createCode(checked, environment);
    this.checked = checked;
    this.environment = environment;
    this.instantiationFault = fault;
    this.#code = code;
    this.#slots = slots;
    this.#closures = generateAfter;
  }

  /** The type of the expression's value. */
  get type(): Type {
    return this.checked.types.get(this.checked.ast.root.id) as Type;
  }

  #generate(): void {
    const code = generateCode(this.checked, this.environment);
    if (code === undefined) return;
    this.#code = code;
    this.#slots = 0;
  }

  /** Evaluates; `limit` is in cost units, and going over it ends the evaluation. */
  evaluate(activation: Activation, limit: number = PER_CALL_LIMIT): Outcome {
    if (this.#closures-- === 0) this.#generate();
    const run = new Run(activation, this.#slots, limit);
    try {
      const value = this.#code(run);
      if (!(value instanceof CelError)) return { value, cost: run.cost };
      return { error: value.message, cost: run.cost, isBudgetExceeded: false };
    } catch (error) {
      if (error instanceof CostExceeded) return { error: error.message, cost: run.cost, isBudgetExceeded: true };
      if (error instanceof Panic) return { error: error.message, cost: run.cost, isBudgetExceeded: false };
      // Costs bound what is read, not what is made: a text or number that outgrows the machine's limits ends here.
      if (error instanceof RangeError) return { error: "result is too large", cost: run.cost, isBudgetExceeded: true };
      throw error;
    }
  }
}

/** Evaluations by closures: making JavaScript takes as long as some hundreds of them. */
const GENERATE_AFTER = 300;

export interface CompileOptions {
  /** Without it (`false`) types are not checked: all that does not fit fails when it is evaluated. */
  readonly checked?: boolean;
  /** Evaluations by closures before the expression is made JavaScript; some hundreds when absent. */
  readonly generateAfter?: number;
}

/** Parses, checks and compiles an expression. */
export function compile(
  text: string,
  environment: Environment,
  options: CompileOptions = {},
): Program | CompileFailure {
  const source = new Source(text);
  const ast = parse(source, environment.macros);
  if (!("root" in ast)) return failure(source, ast);
  const faults: Diagnostic[] = [];
  const checked = check(ast, environment, source, faults);
  if (options.checked !== false) {
    if (faults.length === 0 && environment.options.literalChecks === true)
      faults.push(...checkLiterals(checked, source));
    if (faults.length === 0 && environment.options.homogeneousLiterals === true)
      faults.push(...checkHomogeneous(checked, source));
    if (faults.length > 0) return failure(source, faults);
  }
  return new Program(checked, environment, options.generateAfter);
}

function failure(source: Source, faults: readonly Diagnostic[]): CompileFailure {
  return { faults, message: formatDiagnostics(source, faults) };
}

import { isRuleName } from "../compile/names.ts";
import type { Ref } from "../syntax/ast.ts";
import { typeName } from "../value/access.ts";
import { equal } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { placeOf } from "./errors.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { evaluateFunction } from "./functions.ts";
import { timed } from "./instrumentation.ts";
import { arrayOf, callOf, lowerTerm, setOf } from "./lower.ts";
import { type CallTerms, known, type Node, type Step } from "./node.ts";
import { raiseTerm } from "./raise.ts";
import { isFunction, saveCall } from "./saving.ts";
import { caseNode } from "./trace.ts";
import { isUnknownStep } from "./unknown.ts";

/** A call: of a function, of a builtin, or of what `with` has put in the place of one. */
export function evaluateCall(
  frame: Frame,
  name: string,
  operator: Ref,
  args: readonly Node[],
  next: Next,
): Stop | undefined {
  const { mocks, compiled } = frame.machine;
  const mock = mocks.get(name);
  if (mock?.kind === "ref" && isFunction(compiled, mock)) {
    const target = callOf(raiseTerm(mock, frame.loc) as Ref, args);
    return evaluateReplaced(frame, target, next);
  }
  const arity = compiled.arities.get(name) ?? compiled.builtin(name)?.args.length ?? args.length;
  if (mock !== undefined) return evaluateMock(frame, mock, args[arity], next);
  if (isRuleName(name)) return evaluateFunction(frame, operator.terms.map(lowerTerm), operator, args, next);
  return evaluateBuiltin(frame, name, operator, args, arity, next);
}

/** The function that stands in for another is called as if nothing were replaced. */
function evaluateReplaced(frame: Frame, { name, operator, args }: CallTerms, next: Next): Stop | undefined {
  const { mocks } = frame.machine;
  mocks.hide();
  const stop = evaluateCall(frame, name, operator, args, () => {
    mocks.show();
    const inner = next();
    mocks.hide();
    return inner;
  });
  mocks.show();
  return stop;
}

function evaluateMock(frame: Frame, mock: Node, output: Node | undefined, next: Next): Stop | undefined {
  if (output !== undefined) return frame.unify(output, mock, next);
  return mock.kind === "known" && mock.value === false ? undefined : next();
}

function evaluateBuiltin(
  frame: Frame,
  name: string,
  operator: Ref,
  args: readonly Node[],
  arity: number,
  next: Next,
): Stop | undefined {
  const { step, machine, loc } = frame;
  if (isUnknownStep(frame, step, frame.bindings))
    return saveCall(frame, arity, { kind: "call", name, operator, args }, next);
  const plain = args.slice(0, arity).map((each) => frame.bindings.plug(each));
  // A template shows the names of variables that have no value.
  const plugged = name === "internal.template_string" ? plain.map(withNames) : plain;
  if (!plugged.every((each) => each.kind === "known")) {
    const answer = answerUnbound(name, plugged);
    return answer === undefined ? undefined : oneResult(frame, answer, args[arity], next);
  }
  const values = plugged.map(({ value }) => value);
  if (name === "trace" && typeof values[0] === "string") frame.trace("Note", { kind: "note", loc }, values[0]);
  if (name === "internal.test_case") frame.trace("TestCase", caseNode(calledWith(step, operator, values)));
  const result = timed(machine.instrumentation, "eval_op_builtin_call", () =>
    machine.run.call(name, values, placeOf(loc)),
  );
  if (result === undefined) return undefined;
  const signature = machine.compiled.builtin(name);
  if (signature !== undefined && signature.result === undefined) return next();
  return signature?.relation === true
    ? eachResult(frame, result as readonly Value[], args[arity], next)
    : oneResult(frame, result, args[arity], next);
}

function withNames(node: Node): Node {
  switch (node.kind) {
    case "var":
      return known(node.name);
    case "array":
      return arrayOf(node.items.map(withNames));
    case "set":
      return setOf(node.items.map(withNames));
    default:
      return node;
  }
}

/** Where variables stand in OPA's order of kinds: above scalars, below collections. */
const afterVariables: ReadonlySet<string> = new Set(["array", "object", "set"]);

/**
 * In the index of a comprehension, and where OPA's check of safety misses one, a variable may be free. What compares and searches has an
 * answer for it, which is like no value; others see a wrong type.
 */
function answerUnbound(name: string, args: readonly Node[]): boolean | undefined {
  const [left = 0, right = 0] = args.map(rankOf);
  switch (name) {
    case "neq":
      return left !== right;
    case "lt":
    case "lte":
      return left < right;
    case "gt":
    case "gte":
      return left > right;
    case "equal":
    case "internal.member_2":
    case "internal.member_3":
      return false;
    default:
      return undefined;
  }
}

function rankOf(node: Node): number {
  if (node.kind === "var") return 1;
  return afterVariables.has(node.kind === "known" ? typeName(node.value) : node.kind) ? 2 : 0;
}

/** The step as a call with these values. */
function calledWith(step: Step, operator: Ref, values: readonly Value[]): Step {
  return { ...step, source: undefined, with: [], terms: callOf(operator, values.map(known)) };
}

function oneResult(frame: Frame, value: Value, output: Node | undefined, next: Next): Stop | undefined {
  if (output === undefined) return equal(value, false) ? undefined : next();
  return frame.biunify(output, known(value), frame.bindings, frame.bindings, next);
}

/** A relation has many results, as `walk`. */
function eachResult(frame: Frame, values: readonly Value[], output: Node | undefined, next: Next): Stop | undefined {
  for (const value of values) {
    const stop = oneResult(frame, value, output, next);
    if (stop !== undefined) return stop;
  }
  return undefined;
}

import type { Body, Expr, Ref, Term, With } from "../../syntax/ast.ts";
import type { Diagnostic } from "../../syntax/diagnostic.ts";
import { isBuiltinNamed } from "../names.ts";
import { type Comprehension, isComprehension } from "../parts.ts";
import { typeFault } from "../stage.ts";
import { refText } from "../text.ts";
import { walkExpr } from "../walk.ts";
import { checkRefs, type Rename } from "./check-refs.ts";
import type { InferComprehension, TypeEnv } from "./env.ts";
import { argsText, arrayOf, type FunctionType, isUnknown, objectOf, setOf, type Type, typeText } from "./type.ts";
import { callDetails, matchDetails } from "./type-json.ts";
import { assignType, equateTypes, unifies } from "./unify-types.ts";

export interface BodyCheck {
  readonly rename: Rename;
  readonly allowUndefinedFunctions: boolean;
  readonly report: (diagnostic: Diagnostic) => void;
}

/**
 * Checks a body's expressions in order, giving types to its variables in `env`. As OPA, it checks refs and
 * comprehensions in the bodies of `every` and `not`, but not their calls.
 */
export function checkBody(body: Body, env: TypeEnv, check: BodyCheck): void {
  for (const expr of body) checkExpr(expr, env, check);
}

function checkExpr(expr: Expr, env: TypeEnv, check: BodyCheck): void {
  const hasClosureFaults = checkClosures(expr, env, check);
  const refFaults = checkRefs(expr, env, check.rename);
  for (const each of refFaults) check.report(each);
  const found = checkTerms(expr, env, check);
  if (found === undefined) return;
  // An unknown type is the consequence of what was reported already.
  if ((hasClosureFaults || refFaults.length > 0) && found.causedByUnknown) return;
  check.report(found.diagnostic);
}

interface Found {
  readonly diagnostic: Diagnostic;
  readonly causedByUnknown: boolean;
}

/** True when a comprehension has faults. */
function checkClosures(expr: Expr, env: TypeEnv, check: BodyCheck): boolean {
  let failed = false;
  let inner: BodyCheck | undefined;
  const report: BodyCheck["report"] = (diagnostic) => {
    failed = true;
    check.report(diagnostic);
  };
  walkExpr(
    expr,
    (term) => {
      if (!isComprehension(term)) return true;
      inner ??= { ...check, report };
      checkBody(term.body, env.inner(), inner);
      return false;
    },
    true,
  );
  return failed;
}

function checkTerms(expr: Expr, env: TypeEnv, check: BodyCheck): Found | undefined {
  for (const each of expr.with) {
    const wrong = checkWith(each, env);
    if (wrong !== undefined) return wrong;
  }
  const { terms } = expr;
  if (terms.kind !== "call") return undefined;
  if (isBuiltinNamed(terms.operator, "eq")) return checkEquation(expr, terms.args, env);
  return checkCall(expr, terms.operator, terms.args, env, check);
}

/** A function may be replaced by one that takes what it takes. */
function checkWith({ target, value, loc }: With, env: TypeEnv): Found | undefined {
  const wanted = env.typeOf(target);
  const given = env.typeOf(value);
  if (wanted?.kind !== "function" || given?.kind !== "function" || unifies(wanted, given)) return undefined;
  return argFault(
    loc,
    target as Ref,
    "arity mismatch",
    given.args.map(({ type }) => type),
    wanted.args,
  );
}

function checkEquation(expr: Expr, args: readonly Term[], env: TypeEnv): Found | undefined {
  const [a, b] = args as readonly [Term, Term];
  const left = env.typeOf(a);
  const right = env.typeOf(b);
  if (equateTypes(env, a, b, left, right)) return undefined;
  const details = [`left  : ${typeText(left)}`, `right : ${typeText(right)}`];
  return {
    diagnostic: typeFault(expr.loc, "match error", details, matchDetails(left, right)),
    causedByUnknown: isUnknown(left) || isUnknown(right),
  };
}

function checkCall(
  expr: Expr,
  operator: Ref,
  args: readonly Term[],
  env: TypeEnv,
  check: BodyCheck,
): Found | undefined {
  const type = env.typeOfRef(operator);
  if (type?.kind === "any") return undefined;
  if (type?.kind !== "function") {
    if (check.allowUndefinedFunctions && type === undefined) return undefined;
    const message = `undefined function ${refText(check.rename(operator))}`;
    return { diagnostic: typeFault(expr.loc, message), causedByUnknown: false };
  }
  const wanted = type.result === undefined ? type.args : [...type.args, type.result];
  const types = () => args.map((arg) => env.typeOf(arg));
  if (args.length > wanted.length && type.variadic === undefined)
    return argFault(expr.loc, operator, "too many arguments", types(), wanted, type.variadic);
  if (args.length < type.args.length)
    return argFault(expr.loc, operator, "too few arguments", types(), wanted, type.variadic);
  // What the body of a comprehension says does not depend on what is found here.
  const before = args.map((arg) => (isComprehension(arg) ? undefined : env.typeOf(arg)));
  const have = () => args.map((arg, i) => (isComprehension(arg) ? env.typeOf(arg) : before[i]));
  const misfit = (given: readonly (Type | undefined)[]): Found =>
    argFault(expr.loc, check.rename(operator), "invalid argument(s)", given, wanted, type.variadic);
  for (const [i, arg] of args.entries()) {
    const given = (wanted[i] ?? type.variadic)?.type;
    // What is written part by part fits part by part, and yet may not as a whole: an object with keys that are found at run time.
    if (!isUnknown(before[i]) && !unifies(before[i], given)) return misfit(have());
    if (!assignType(env, arg, given)) return misfit(isComprehension(arg) ? have() : types());
  }
  return undefined;
}

function argFault(
  loc: Expr["loc"],
  operator: Ref,
  message: string,
  have: readonly (Type | undefined)[],
  want: FunctionType["args"],
  variadic?: FunctionType["variadic"],
): Found {
  const details = [`have: ${argsText(have.map((type) => ({ type })))}`, `want: ${argsText(want, variadic)}`];
  return {
    diagnostic: typeFault(loc, `${refText(operator)}: ${message}`, details, callDetails(have, want, variadic)),
    causedByUnknown: have.some(isUnknown),
  };
}

/** The type of a comprehension: what its body gives to its term. Its faults are reported where it stands. */
export const inferComprehension: InferComprehension = (term, env) => {
  if (!isComprehension(term)) return undefined;
  let failed = false;
  const inner = env.inner();
  const check: BodyCheck = {
    rename: (ref) => ref,
    allowUndefinedFunctions: false,
    report: () => {
      failed = true;
    },
  };
  checkBody(term.body, inner, check);
  return failed ? undefined : collected(term, inner);
};

function collected(term: Comprehension, env: TypeEnv): Type {
  switch (term.kind) {
    case "arraycomprehension":
      return arrayOf(env.typeOf(term.term));
    case "setcomprehension":
      return setOf(env.typeOf(term.term));
    case "objectcomprehension":
      return objectOf([], { key: env.typeOf(term.key), value: env.typeOf(term.value) });
  }
}

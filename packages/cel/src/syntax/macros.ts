import type { Expr } from "./ast.ts";
import type { Builder } from "./builder.ts";
import { ACCUMULATOR, type Macro, type MacroCall, type MacroFault, variableName } from "./macro.ts";

/** The macros of cel-spec: https://github.com/google/cel-spec/blob/master/doc/langdef.md#macros */
export const standardMacros: readonly Macro[] = [
  { name: "has", isReceiver: false, argCount: 1, expand: expandHas },
  { name: "all", isReceiver: true, argCount: 2, expand: quantifier(all) },
  { name: "exists", isReceiver: true, argCount: 2, expand: quantifier(exists) },
  { name: "exists_one", isReceiver: true, argCount: 2, expand: quantifier(existsOne) },
  { name: "map", isReceiver: true, argCount: 2, expand: expandMap },
  { name: "map", isReceiver: true, argCount: 3, expand: expandMap },
  { name: "filter", isReceiver: true, argCount: 2, expand: expandFilter },
];

/** How a macro over elements folds them; its range and variables are the same for all. */
export type Fold = (
  builder: Builder,
  offset: number,
  args: readonly Expr[],
) => { accuInit: Expr; condition: Expr; step: Expr; result: Expr };

function expandHas({ builder, offset, args: [arg] }: MacroCall): Expr | MacroFault {
  if (arg?.kind === "select" && !arg.isTest) return builder.select(offset, arg.operand, arg.field, true);
  return { fault: "invalid argument to has() macro", ...(arg === undefined ? {} : { at: arg }) };
}

function quantifier(fold: Fold): Macro["expand"] {
  return ({ builder, offset, target, args }) => {
    const iterVar = variableName(args[0]);
    if (iterVar === undefined) return { fault: "argument must be a simple name", at: args[0] as Expr };
    if (iterVar === ACCUMULATOR || iterVar === "__result__") {
      return { fault: "iteration variable overwrites accumulator variable", at: args[0] as Expr };
    }
    const parts = fold(builder, offset, args.slice(1));
    return builder.fold(offset, {
      range: target as Expr,
      iterVar,
      iterVar2: undefined,
      accuVar: ACCUMULATOR,
      ...parts,
    });
  };
}

/** True until an element is false. */
export function all(builder: Builder, offset: number, [predicate]: readonly Expr[]): ReturnType<Fold> {
  const accu = () => builder.ident(offset, ACCUMULATOR);
  return {
    accuInit: builder.literal(offset, true),
    condition: builder.call(offset, "@not_strictly_false", [accu()]),
    step: builder.call(offset, "_&&_", [accu(), predicate as Expr]),
    result: accu(),
  };
}

/** False until an element is true. */
export function exists(builder: Builder, offset: number, [predicate]: readonly Expr[]): ReturnType<Fold> {
  const accu = () => builder.ident(offset, ACCUMULATOR);
  return {
    accuInit: builder.literal(offset, false),
    condition: builder.call(offset, "@not_strictly_false", [builder.call(offset, "!_", [accu()])]),
    step: builder.call(offset, "_||_", [accu(), predicate as Expr]),
    result: accu(),
  };
}

/** Counts the elements that are true; never ends early, so that each fault is seen. */
export function existsOne(builder: Builder, offset: number, [predicate]: readonly Expr[]): ReturnType<Fold> {
  const accu = () => builder.ident(offset, ACCUMULATOR);
  const one = () => builder.literal(offset, 1n);
  return {
    accuInit: builder.literal(offset, 0n),
    condition: builder.literal(offset, true),
    step: builder.call(offset, "_?_:_", [predicate as Expr, builder.call(offset, "_+_", [accu(), one()]), accu()]),
    result: builder.call(offset, "_==_", [accu(), one()]),
  };
}

/** Gathers `transform` of the elements for which `filter`, if there is one, is true. */
export function gather(builder: Builder, offset: number, transform: Expr, filter?: Expr): ReturnType<Fold> {
  const accu = () => builder.ident(offset, ACCUMULATOR);
  const append = builder.call(offset, "_+_", [accu(), builder.list(offset, [transform])]);
  return {
    accuInit: builder.list(offset, []),
    condition: builder.literal(offset, true),
    step: filter === undefined ? append : builder.call(offset, "_?_:_", [filter, append, accu()]),
    result: accu(),
  };
}

function expandMap(call: MacroCall): Expr | MacroFault {
  const [name, ...rest] = call.args;
  if (variableName(name) === undefined) return { fault: "argument is not an identifier", at: name as Expr };
  const transform = rest.at(-1) as Expr;
  const fold: Fold = (builder, offset) => gather(builder, offset, transform, rest.length > 1 ? rest[0] : undefined);
  return quantifier(fold)(call) as Expr;
}

function expandFilter(call: MacroCall): Expr | MacroFault {
  const [name, predicate] = call.args;
  if (variableName(name) === undefined) return { fault: "argument is not an identifier", at: name as Expr };
  const element = call.builder.ident(call.builder.offsetOf(name as Expr), variableName(name) as string);
  const fold: Fold = (builder, offset) => gather(builder, offset, element, predicate);
  return quantifier(fold)(call) as Expr;
}

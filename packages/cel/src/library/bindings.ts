import type { Library } from "../check/environment.ts";
import type { Expr } from "../syntax/ast.ts";
import { type MacroCall, type MacroFault, variableName } from "../syntax/macro.ts";

/** cel-go's bindings: `cel.bind(name, value, expression)`. */
export const bindings: Library = {
  name: "bindings",
  macros: [{ name: "bind", isReceiver: true, argCount: 3, expand: expandBind }],
};

function expandBind({ builder, offset, target, args }: MacroCall): Expr | MacroFault | undefined {
  if (target?.kind !== "ident" || target.name !== "cel") return undefined;
  const [variable, value, result] = args as [Expr, Expr, Expr];
  const name = variableName(variable);
  if (name === undefined) return { fault: "cel.bind() variable names must be simple identifiers", at: variable };
  return builder.fold(offset, {
    range: builder.list(offset, []),
    iterVar: "#unused",
    iterVar2: undefined,
    accuVar: name,
    accuInit: value,
    condition: builder.literal(offset, false),
    step: builder.ident(offset, name),
    result,
  });
}

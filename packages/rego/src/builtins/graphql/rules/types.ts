import { nameOfType } from "../ast.ts";
import { similar, suggestion } from "../suggestions.ts";
import type { Rule } from "../walk.ts";

export const knownTypeNames: Rule = ({ schema: { Types }, report }) => ({
  variable({ Type, Position }) {
    const name = nameOfType(Type);
    if (!Types.has(name)) report(`Unknown type "${name}".`, Position);
  },
  inlineFragment({ TypeCondition, Position }) {
    if (TypeCondition !== "" && !Types.has(TypeCondition)) report(`Unknown type "${TypeCondition}".`, Position);
  },
  fragment({ TypeCondition, Position }) {
    if (Types.has(TypeCondition)) return;
    const hint = suggestion("Did you mean", similar(TypeCondition, [...Types.keys()].sort()));
    report(`Unknown type "${TypeCondition}".${hint}`, Position);
  },
});

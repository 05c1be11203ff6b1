import type { Expr, Library, Macro, MacroCall } from "@sallyport/cel";

/** The macros that only cel-spec's tests have: they write what an optimizer would make of an expression. */
export const blocks: Library = {
  name: "blocks",
  macros: [
    { name: "block", isReceiver: true, argCount: 2, expand: expandBlock },
    named("index", 1, "@index"),
    named("iterVar", 2, "@it:"),
    named("accuVar", 2, "@ac:"),
  ],
};

function named(name: string, argCount: number, prefix: string): Macro {
  return {
    name,
    isReceiver: true,
    argCount,
    expand: ({ builder, offset, target, args }) => {
      if (!isCel(target)) return undefined;
      const numbers = args.map((arg) => (arg.kind === "literal" ? String(arg.value) : "?"));
      return builder.ident(offset, prefix + numbers.join(":"));
    },
  };
}

function isCel(target: Expr | undefined): boolean {
  return target?.kind === "ident" && target.name === "cel";
}

/** `cel.block([a, b], result)` binds each element to `@indexN` for those behind it. */
function expandBlock({ builder, offset, target, args: [list, result] }: MacroCall): Expr | undefined {
  if (!isCel(target) || list?.kind !== "list" || result === undefined) return undefined;
  return list.elements.reduceRight<Expr>(
    (inner, element, index) =>
      builder.fold(offset, {
        range: builder.list(offset, []),
        iterVar: "#unused",
        iterVar2: undefined,
        accuVar: `@index${index}`,
        accuInit: element,
        condition: builder.literal(offset, false),
        step: builder.ident(offset, `@index${index}`),
        result: inner,
      }),
    result,
  );
}

import type { Ref } from "./ast.ts";

/** A ref as Rego text: `data.a["b c"][x]`. Only of what heads and imports hold. */
export function refText(ref: Ref): string {
  return ref.terms
    .map((term, i) => {
      if (term.kind === "var") return i === 0 ? term.name : `[${term.name}]`;
      if (term.kind !== "string") return `[${term.loc.text}]`;
      return /^[A-Za-z_]\w*$/.test(term.value) ? `.${term.value}` : `[${JSON.stringify(term.value)}]`;
    })
    .join("");
}

import { goQuote } from "../builtins/go-quote.ts";
import type { Ref } from "./ast.ts";

/** A ref as Rego text: `data.a["b c"][x]`. Only of what heads and imports hold. `isPlain`: whether a key stands behind a dot. */
export function refText(ref: Ref, isPlain: (key: string) => boolean = isName): string {
  return ref.terms
    .map((term, i) => {
      if (term.kind === "var") return i === 0 ? term.name : `[${term.name}]`;
      if (term.kind !== "string") return `[${term.loc.text}]`;
      return isPlain(term.value) ? `.${term.value}` : `[${goQuote(term.value)}]`;
    })
    .join("");
}

function isName(key: string): boolean {
  return /^[A-Za-z_]\w*$/.test(key);
}

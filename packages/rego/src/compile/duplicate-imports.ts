import type { Import, Module } from "../syntax/ast.ts";
import { importName } from "./globals.ts";
import { compileFault, type Report } from "./stage.ts";
import { importText } from "./text.ts";

/** OPA's stage CheckDuplicateImports (v1, or strict): two imports may not bring the same name. */
export function checkDuplicateImports({ imports }: Module, report: Report): void {
  const first = new Map<string, Import>();
  for (const each of imports) {
    const name = importName(each);
    if (name === undefined) continue;
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, each);
    else report(compileFault(each.loc, `import must not shadow ${importText(earlier)}`));
  }
}

import type { Import, Module, Ref, Term } from "../syntax/ast.ts";
import { remembered } from "./remembered.ts";

/** A name that stands for a path: a rule of the package, or an import. */
export interface Global {
  readonly path: Ref;
  readonly import: Import | undefined;
}

export type Globals = ReadonlyMap<string, Global>;

/** The package's path as one string, for maps. */
export const packageKey: (module: Module) => string = remembered((module: Module) =>
  module.package.path.terms.map((term) => (term.kind === "string" ? term.value : "")).join("\0"),
);

/** What names mean in a module. An import hides a rule of the same name. */
export function globalsOf(module: Module, names: Iterable<string>): Globals {
  const globals = new Map<string, Global>();
  const { path } = module.package;
  for (const name of names) {
    const key: Term = { kind: "string", loc: path.loc, value: name };
    globals.set(name, { path: { ...path, terms: [...path.terms, key] }, import: undefined });
  }
  for (const each of module.imports) {
    if (isLanguageImport(each)) continue;
    const name = importName(each);
    if (name !== undefined) globals.set(name, { path: each.path, import: each });
  }
  return globals;
}

/** `future` and `rego` imports change the language; they bring no name. */
export function isLanguageImport({ path }: Import): boolean {
  const head = path.terms[0];
  return head?.kind === "var" && (head.name === "future" || head.name === "rego");
}

/** The alias, or the last part of the path. */
export function importName({ path, alias }: Import): string | undefined {
  if (alias !== undefined) return alias;
  const last = path.terms.at(-1);
  return last?.kind === "var" ? last.name : last?.kind === "string" ? last.value : undefined;
}

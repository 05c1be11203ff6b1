import {
  type Diagnostic,
  type Import,
  type Module,
  parseModule,
  type QueryOptions,
  type RegoVersion,
} from "@sallyport/rego";
import type { Flags } from "./flags.ts";
import { LoadFault } from "./load.ts";

/** The surroundings that `--package` and `--import` give a query. Throws `LoadFault` and, for a package that is none, `Error`. */
export function queryContext(flags: Flags): QueryOptions {
  const name = flags.string("package");
  const imports = flags.list("import").map((text) => parseImport(`import ${text}`));
  return {
    regoVersion: flags.bool("v0-compatible") ? "v0" : "v1",
    ...(name === "" ? {} : { package: parsePackage(name) }),
    ...(imports.length === 0 ? {} : { imports }),
  };
}

function parsePackage(name: string): Module["package"]["path"] {
  const { module, diagnostics } = parseModule(`package ${name}`);
  const isSyntax = diagnostics.some(({ line }) => line !== undefined);
  if (isSyntax) throw new LoadFault(diagnostics);
  if (module === undefined || module.rules.length > 0) throw new QueryContextError("expected exactly one statement");
  return module.package.path;
}

/** A package that is none. */
export class QueryContextError extends Error {}

/** A statement in a module of its own, whose first line is not the user's. Throws `LoadFault`. */
export function parseImport(text: string, regoVersion: RegoVersion = "v1"): Import {
  const { module, diagnostics } = parseModule(`package p\n${text}`, { regoVersion });
  const [found] = module?.imports ?? [];
  if (found === undefined) throw importFault(diagnostics, text);
  return found;
}

function importFault(diagnostics: readonly Diagnostic[], text: string): LoadFault {
  return new LoadFault(diagnostics.map((each) => withoutFirstLine(each, text)));
}

function withoutFirstLine(diagnostic: Diagnostic, text: string): Diagnostic {
  const { loc } = diagnostic;
  if (loc === undefined) return diagnostic;
  const { file, row, col, offset, end } = loc;
  const before = "package p\n".length;
  return {
    ...diagnostic,
    loc: { file, row: row - 1, col, offset: offset - before, end: end - before, text: text.slice(offset - before) },
  };
}

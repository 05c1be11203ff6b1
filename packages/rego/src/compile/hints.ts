import { builtinNames } from "../builtins/capabilities.ts";
import { similar } from "../builtins/graphql/suggestions.ts";
import type { Module } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import { importName } from "./globals.ts";
import { nameOfRef } from "./names.ts";
import { refText } from "./text.ts";

/** What stands for the builtins that are gone. */
const replacements: { readonly [name: string]: string } = {
  all: "`every x in xs { x }`",
  any: "`some x in xs; x`",
  re_match: "regex.match",
  set_diff: "the operator `-`",
  "net.cidr_overlap": "net.cidr_contains",
  cast_array: "is_array",
  cast_boolean: "is_boolean",
  cast_null: "is_null",
  cast_object: "is_object",
  cast_set: "is_set",
  cast_string: "is_string",
};

const futureKeywords: ReadonlySet<string> = new Set(["contains", "every", "if", "in", "not"]);

/** The diagnostic with a hint where it is evident what would be right: a name that was misspelt, a keyword to import, a successor. */
export function withHint(diagnostic: Diagnostic, modules: readonly Module[]): Diagnostic {
  const hint = diagnostic.hint ?? hintOf(diagnostic, modules);
  return hint === undefined ? diagnostic : { ...diagnostic, hint };
}

function hintOf({ message, loc }: Diagnostic, modules: readonly Module[]): string | undefined {
  const [, unknown] = /^undefined function (\S+)$/.exec(message) ?? [];
  if (unknown !== undefined) return meant(unknown, [...builtinNames(), ...functionNames(modules)]);
  const [, unsafe] = /^var (\w+) is unsafe/.exec(message) ?? [];
  if (unsafe !== undefined) {
    if (futureKeywords.has(unsafe)) return `import future.keywords.${unsafe}`;
    return meant(unsafe, namesIn(modules.find(({ file }) => file === loc?.file)));
  }
  const [, gone = ""] = /^deprecated built-in function calls in expression: (\S+)$/.exec(message) ?? [];
  if (Object.hasOwn(replacements, gone)) return `use ${replacements[gone]}`;
  if (message === "`if` keyword is required before rule body") return "write `if` before the rule's `{`";
  if (message === "`contains` keyword is required for partial set rules") return "write `contains` before the member";
  return undefined;
}

function meant(written: string, names: readonly string[]): string | undefined {
  const [best] = similar(
    written,
    names.filter((name) => name !== written),
  );
  return best === undefined ? undefined : `did you mean ${best}?`;
}

function functionNames(modules: readonly Module[]): readonly string[] {
  return modules.flatMap(({ package: { path }, rules }) =>
    rules.filter(({ head }) => head.args !== undefined).map(({ head }) => `${refText(path)}.${nameOfRef(head.ref)}`),
  );
}

/** What a module can name: its rules, its imports, `input` and `data`. */
function namesIn(module: Module | undefined): readonly string[] {
  if (module === undefined) return [];
  const rules = module.rules
    .map(({ head }) => head.ref.terms[0])
    .flatMap((head) => (head?.kind === "var" ? [head.name] : []));
  return ["input", "data", ...rules, ...module.imports.flatMap((each) => importName(each) ?? [])];
}

import { memberArity } from "../compile/infix.ts";
import { headTerms, ruleChain } from "../compile/parts.ts";
import { walkBody, walkExprs, walkExprsOfTerm, walkTerm } from "../compile/walk.ts";
import type { Comment, Expr, Import, Module, Ref, Rule, Term } from "../syntax/ast.ts";
import { alwaysKeywords, futureKeywords } from "../syntax/keywords.ts";
import { refText } from "../syntax/ref-text.ts";
import { type RuleStyle, RuleWriter } from "./format-rules.ts";
import { comparePlaces } from "./lines.ts";
import { nameWildcards } from "./named-wildcards.ts";
import { commentText } from "./writer.ts";

export interface FormatOptions {
  /** What the text is written for: v0, v1, or what both understand (v0 with `import rego.v1`). Default v1. */
  readonly target?: "v0" | "v1" | "v0v1";
  /** Leaves `rego.v1` and v0's `future.keywords` imports out, of v1. */
  readonly dropV0Imports?: boolean;
  /** Keywords may stand behind dots; default true. */
  readonly keywordsInRefs?: boolean;
}

/** A module's text as `opa fmt` writes it. */
export function formatModule(written: Module, options: FormatOptions = {}): string {
  // The head of `p := _ { x } { y }` stands for both rules.
  const module = nameWildcards(written);
  const imports = importsFor(module, options);
  const writer = new ModuleWriter(
    styleOf(module, imports, options),
    keywordsOf(module, options),
    options.keywordsInRefs ?? true,
  );
  return ended(writer.module({ ...module, imports }));
}

class ModuleWriter extends RuleWriter {
  module(module: Module): string {
    this.setComments(module.comments.toSorted((a, b) => comparePlaces(a.loc, b.loc)));
    this.#writePackage(module);
    const { first, others } = inOrder(module);
    if (first.length > 0) this.#writeImports(first);
    for (let at = 0; at < others.length; ) {
      const imports = takeWhile(others, at, isImport);
      if (imports.length > 0) this.#writeImports(imports as readonly Import[]);
      at += imports.length;
      const rules = takeWhile(others, at, (each) => !isImport(each));
      this.writeRules(rules as readonly Rule[]);
      at += rules.length;
    }
    for (const [i, comment] of this.comments.entries()) {
      this.writeLine(commentText(comment));
      if (i === this.comments.length - 1) this.lineBreak();
    }
    return this.text;
  }

  #writePackage({ package: { loc, path } }: Module): void {
    this.placeComments(loc.row);
    this.startLine();
    this.write("package ");
    const [, first, ...rest] = path.terms;
    if (first?.kind === "string")
      this.writeRef({ ...path, terms: [{ kind: "var", loc: first.loc, name: first.value }, ...rest] });
    this.endLine();
    this.blankLine();
  }

  #writeImport(each: Import): void {
    this.write("import ");
    if (optionalKeyword(each.path) === undefined) this.writeRef(each.path);
    else this.write(refText(each.path));
    if (each.alias !== undefined) this.write(` as ${each.alias}`);
  }

  #writeImports(imports: readonly Import[]): void {
    // Each with the last comment of its row: an import that nobody wrote may stand in the row of another one.
    const behind = new Map<Import, Comment>();
    this.comments = this.comments.filter((comment) => {
      const beside = imports.find((each) => each.loc.row === comment.loc.row);
      if (beside !== undefined) behind.set(beside, comment);
      return beside === undefined;
    });
    for (const group of groupImports(imports)) {
      this.placeComments((group[0] as Import).loc.row);
      for (const each of group.toSorted(compareImports)) {
        this.startLine();
        this.#writeImport(each);
        const comment = behind.get(each);
        if (comment !== undefined) this.write(` ${commentText(comment)}`);
        this.endLine();
      }
      this.blankLine();
    }
  }
}

/** Imports and rules by their places; imports that nobody wrote come first where one of them would come behind a rule. */
function inOrder({ imports, rules }: Module): {
  readonly first: readonly Import[];
  readonly others: readonly (Import | Rule)[];
} {
  const firstRow = Math.min(...rules.map(({ loc }) => loc.row));
  const sorted = [...imports, ...rules].sort((a, b) => comparePlaces(a.loc, b.loc));
  if (!imports.some((each) => isAdded(each) && each.loc.row >= firstRow)) return { first: [], others: sorted };
  const first = sorted.filter((each) => isImport(each) && isAdded(each)) as readonly Import[];
  return { first, others: sorted.filter((each) => !isImport(each) || !isAdded(each)) };
}

function isAdded({ loc }: Import): boolean {
  return loc.text === "";
}

function isImport(node: Import | Rule): node is Import {
  return "path" in node;
}

function takeWhile<T>(items: readonly T[], from: number, holds: (item: T) => boolean): readonly T[] {
  const end = items.findIndex((item, i) => i >= from && !holds(item));
  return items.slice(from, end < 0 ? items.length : end);
}

/** Imports on consecutive lines. */
function groupImports(imports: readonly Import[]): readonly (readonly Import[])[] {
  const groups: Import[][] = [];
  for (const [i, each] of imports.entries()) {
    const before = imports[i - 1];
    if (before === undefined || each.loc.row - before.loc.row > 1) groups.push([]);
    (groups.at(-1) as Import[]).push(each);
  }
  return groups;
}

/** By the parts of their paths, then by their names. */
function compareImports(a: Import, b: Import): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  const at = left.findIndex((part, i) => part !== right[i]);
  const [mine, other] = at < 0 ? [a.alias ?? "", b.alias ?? ""] : [left[at] as string, right[at]];
  if (at < 0 && left.length < right.length) return -1;
  return other === undefined || mine > other ? 1 : mine < other ? -1 : 0;
}

function partsOf({ path }: Import): readonly string[] {
  return path.terms.map((term) =>
    term.kind === "var" ? term.name : term.kind === "string" ? term.value : term.loc.text,
  );
}

function isRegoV1({ path }: Import): boolean {
  return refText(path) === "rego.v1";
}

/** The word of `future.keywords.WORD`, or `all`. */
function futureKeyword({ path }: Import): string | undefined {
  const [root, keywords, word] = refText(path).split(".");
  return root === "future" && keywords === "keywords" ? (word ?? "all") : undefined;
}

/** v1, and v0 with `rego.v1`, need no import of their own keywords, and of the others those that the module uses. */
function importsFor(module: Module, options: FormatOptions): readonly Import[] {
  const { target = "v1", dropV0Imports = false } = options;
  const isDropping = target === "v1" && dropV0Imports;
  const imports = isDropping ? module.imports.filter((each) => !isRegoV1(each)) : withRegoV1(module.imports, target);
  if (!isDropping && !imports.some(isRegoV1))
    return target === "v0" ? [...imports, ...missingKeywords(module)] : imports;
  const kept = imports.filter((each) => futureKeyword(each) === undefined);
  return [...usedKeywords(module)].sort().reduce(withKeyword, kept);
}

function withRegoV1(imports: readonly Import[], target: FormatOptions["target"]): readonly Import[] {
  if (target !== "v0v1" || imports.some(isRegoV1)) return imports;
  return [...imports, importOf(rowBehindKeywords(imports), "rego", "v1")];
}

function withKeyword(imports: readonly Import[], word: string): readonly Import[] {
  return [...imports, importOf(rowBehindKeywords(imports), "future", "keywords", word)];
}

function rowBehindKeywords(imports: readonly Import[]): number {
  const rows = imports.filter((each) => isRegoV1(each) || futureKeyword(each) !== undefined).map(({ loc }) => loc.row);
  return Math.max(0, ...rows) + 1;
}

/** Which of `and`, `not` and `or` the module's literals are made with. */
function usedKeywords({ rules }: Module): ReadonlySet<string> {
  const words = new Set<string>();
  const visit = ({ terms }: Expr): boolean => {
    if (terms.kind === "and" || terms.kind === "or" || terms.kind === "not") words.add(terms.kind);
    return true;
  };
  for (const rule of rules) {
    for (const each of ruleChain(rule)) {
      walkExprs(each.body, visit);
      for (const term of headTerms(each)) walkExprsOfTerm(term, visit);
    }
  }
  return words;
}

/** v0: calls behind `in`, which may be written as calls, are written with the keyword, which then needs its import; `every` brings it. */
function missingKeywords({ imports, rules }: Module): readonly Import[] {
  const words = imports.map(futureKeyword);
  if (["in", "every", "all"].some((word) => words.includes(word))) return [];
  return rules.some(usesMember) ? [importOf(rowBehindKeywords(imports), "future", "keywords", "in")] : [];
}

function usesMember(rule: Rule): boolean {
  const isMember = (operator: Ref): boolean => memberArity(operator) !== undefined;
  let found = false;
  for (const each of ruleChain(rule)) {
    walkExprs(each.body, ({ terms }) => {
      found ||= terms.kind === "call" && isMember(terms.operator);
      return !found;
    });
    const visit = (term: Term): boolean => {
      found ||= term.kind === "call" && isMember(term.operator);
      return !found;
    };
    walkBody(each.body, visit);
    for (const term of headTerms(each)) walkTerm(term, visit);
  }
  return found;
}

/** An import that nobody wrote. */
function importOf(row: number, root: string, ...path: readonly string[]): Import {
  const loc = { file: "", row, col: 1, offset: 0, end: 0, text: "" };
  const rest = path.map((value): Term => ({ kind: "string", loc, value }));
  return { loc, path: { kind: "ref", loc, terms: [{ kind: "var", loc, name: root }, ...rest] }, alias: undefined };
}

function styleOf({ rules }: Module, imports: readonly Import[], { target = "v1" }: FormatOptions): RuleStyle {
  const words = imports.map(futureKeyword);
  const isV1 = target !== "v0";
  const hasAll = isV1 || imports.some(isRegoV1) || words.includes("all");
  const has = (word: string): boolean => hasAll || words.includes(word);
  const isRefHead = ({ head }: Rule): boolean =>
    head.ref.terms.length > 2 || (head.ref.terms.length === 2 && head.key !== undefined && head.value === undefined);
  return { isV1, ifs: has("if"), contains: has("contains"), refHeads: rules.some(isRefHead) };
}

/** v0: of an import of all keywords, or of `rego.v1`, OPA knows none by name here. */
function keywordsOf({ imports }: Module, { target = "v1" }: FormatOptions): ReadonlySet<string> {
  const words = imports.map(futureKeyword);
  const optional = imports.map(({ path }) => optionalKeyword(path)).filter((word) => word !== undefined);
  return new Set([
    ...alwaysKeywords,
    ...futureKeywords.filter((word) => target !== "v0" || words.includes(word)),
    ...optional,
  ]);
}

/** `and`, `or`: keywords only where they are imported. */
function optionalKeyword(path: Ref): string | undefined {
  const [root, keywords, word] = refText(path).split(".");
  return root === "future" && keywords === "keywords" ? word : undefined;
}

/** Without blank lines at the end. */
function ended(text: string): string {
  return `${text.replace(/\n+$/, "")}\n`;
}

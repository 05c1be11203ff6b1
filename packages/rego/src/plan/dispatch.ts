import type { CompiledRule } from "../compile/compiled.ts";
import { nameOfRef } from "../compile/names.ts";
import type { Operand } from "../run/ir.ts";
import type { Expr, Rule, Term } from "../syntax/ast.ts";
import { localOperand } from "./builder.ts";
import type { Scope } from "./scope.ts";

/** What definitions are told apart by: a path below `input`, or below an argument. */
interface Subject {
  /** Undefined for `input`. */
  readonly argument: number | undefined;
  readonly path: readonly string[];
}

/** Definitions that each want one subject to be a certain string, by that string, and all others. */
export interface Dispatch {
  readonly subject: Subject;
  readonly byKey: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly rest: readonly CompiledRule[];
}

/** Fewer strings are compared one after the other as fast as they are looked up, */
const minKeys = 8;

/** unless so many definitions compare them. */
const minRules = 32;

/**
 * Finds the subject by which most definitions can be told apart, as OPA's rule index does; undefined when too few can. Definitions with
 * else branches are always asked: one of the branches may hold for any value.
 */
export function findDispatch(rules: readonly CompiledRule[]): Dispatch | undefined {
  if (rules.length < minKeys) return undefined;
  const keys = new Map<string, { subject: Subject; keys: Map<CompiledRule, string> }>();
  for (const each of rules) {
    if (each.rule.else !== undefined || each.rule.default) continue;
    for (const [subject, key] of equalitiesOf(each.rule)) {
      const name = JSON.stringify([subject.argument ?? null, subject.path]);
      const found = keys.get(name) ?? { subject, keys: new Map<CompiledRule, string>() };
      found.keys.set(each, key);
      keys.set(name, found);
    }
  }
  const best = [...keys.values()].sort((a, b) => b.keys.size - a.keys.size)[0];
  if (best === undefined || !isWorthwhile(best.keys.size, new Set(best.keys.values()).size)) return undefined;
  const byKey = new Map<string, CompiledRule[]>();
  for (const [each, key] of best.keys) byKey.set(key, [...(byKey.get(key) ?? []), each]);
  return { subject: best.subject, byKey, rest: rules.filter((each) => !best.keys.has(each)) };
}

function isWorthwhile(rules: number, strings: number): boolean {
  return strings >= minKeys || (rules >= minRules && strings > 1);
}

/** Plans the subject's value. */
export function planSubject({ writer }: Scope, { argument, path }: Subject, params: readonly number[]): Operand {
  let source = localOperand(argument === undefined ? 0 : (params[argument] as number));
  for (const part of path) {
    const target = writer.local();
    writer.emit("DotStmt", { source, key: writer.string(part), target });
    source = localOperand(target);
  }
  return source;
}

type Equality = readonly [subject: Subject, key: string];

/** What must be a certain string for the definition to hold. */
function equalitiesOf(rule: Rule): readonly Equality[] {
  const args = rule.head.args ?? [];
  const patterns = args.flatMap((arg, argument): Equality[] =>
    arg.kind === "string" ? [[{ argument, path: [] }, arg.value]] : [],
  );
  return [...patterns, ...rule.body.flatMap((expr) => equalityOf(expr, args) ?? [])];
}

function equalityOf({ terms, negated, with: withs }: Expr, args: readonly Term[]): [Equality] | undefined {
  if (terms.kind !== "call" || negated || withs.length > 0) return undefined;
  const operator = nameOfRef(terms.operator);
  if ((operator !== "eq" && operator !== "equal") || terms.args.length !== 2) return undefined;
  const [a, b] = terms.args as readonly [Term, Term];
  const subject = subjectOf(a, args) ?? subjectOf(b, args);
  const key = a.kind === "string" ? a : b;
  return subject === undefined || key.kind !== "string" ? undefined : [[subject, key.value]];
}

function subjectOf(term: Term, args: readonly Term[]): Subject | undefined {
  const [head, ...rest] = term.kind === "ref" ? term.terms : [term];
  if (head?.kind !== "var") return undefined;
  const path = rest.map((each) => (each.kind === "string" ? each.value : undefined));
  if (!path.every((key) => key !== undefined)) return undefined;
  const index = args.findIndex((arg) => arg.kind === "var" && arg.name === head.name);
  if (index >= 0) return { argument: index, path };
  return head.name === "input" ? { argument: undefined, path } : undefined;
}

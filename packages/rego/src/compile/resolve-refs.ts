import type { Body, Expr, Import, Location, Ref, Rule, Term, Var } from "../syntax/ast.ts";
import { declaredVars } from "./declared-vars.ts";
import type { Globals } from "./globals.ts";
import { isLanguageImport } from "./globals.ts";
import { rootName } from "./keyword-overrides.ts";
import { comprehensionTerms, isComprehension } from "./parts.ts";
import { mapAll, mapExpr, mapTerm, type Rewriter } from "./rewriter.ts";
import { compileFault, type Report } from "./stage.ts";
import { importText } from "./text.ts";
import { type VarsOptions, varsOfTerm } from "./vars.ts";

/**
 * OPA's stage ResolveRefs: names of rules and imports become whole paths below `data` or `input`, where no variable of the same name is
 * declared.
 */
export function resolveRules(rules: readonly Rule[], globals: Globals, used: Set<Import>): readonly Rule[] {
  const resolver = new RefResolver(globals, used);
  return rules.map((rule) => resolver.rule(rule));
}

export function resolveQuery(body: Body, globals: Globals): Body {
  return new RefResolver(globals, new Set()).body(body, []);
}

/** Strict mode: an import that nothing uses is a fault. */
export function checkUnusedImports(imports: readonly Import[], used: ReadonlySet<Import>, report: Report): void {
  for (const each of imports) {
    if (!isLanguageImport(each) && !used.has(each)) report(compileFault(each.loc, `${importText(each)} unused`));
  }
}

/** Arguments and what they take apart may not be called `input` or `data`: what the rule says of these would change. */
export function checkArgs({ head, loc }: Rule, report: Report): void {
  const shadowed = head.args?.flatMap(rootNames)[0];
  if (shadowed !== undefined)
    report(compileFault(loc, `args must not shadow ${shadowed} (use a different variable name)`));
}

/** The root documents in what an argument is matched with, in the order in which OPA meets them. */
function rootNames(term: Term): readonly string[] {
  if (term.kind === "array") return term.items.flatMap(rootNames);
  if (term.kind === "object")
    return [1, 0].flatMap((part) => term.entries.flatMap((entry) => rootNames(entry[part] as Term)));
  if (term.kind === "ref" && term.terms.length > 1) return term.terms.slice(1).flatMap(rootNames);
  const name = rootName(term);
  return name === undefined ? [] : [name];
}

/** Sets of declared names around a place, and what resolves terms and bodies there. */
interface Declared extends Rewriter {
  readonly names: readonly ReadonlySet<string>[];
}

/** `data` or `input`, before the last ref that begins with it is known. */
type Root = Omit<Var, "loc"> & { loc: Location };

/** What args declare: also what their refs begin with, so that none of them is resolved. */
const patternVars: VarsOptions = { skipSets: true, skipClosures: true };

class RefResolver {
  readonly #globals: Globals;
  readonly #used: Set<Import>;
  readonly #roots = new Map<Term, Root>();

  constructor(globals: Globals, used: Set<Import>) {
    this.#globals = globals;
    this.#used = used;
  }

  rule(rule: Rule): Rule {
    const { head } = rule;
    const args = new Set(head.args?.flatMap((arg) => [...varsOfTerm(arg, patternVars)]));
    const declared = this.#declared([args, declaredVars(rule.body)]);
    const resolve = declared.term;
    const [root, ...operands] = head.ref.terms as readonly [Term, ...Term[]];
    return {
      ...rule,
      head: {
        ...head,
        ref: { ...head.ref, terms: [root, ...operands.map(resolve)] },
        key: head.key && resolve(head.key),
        value: head.value && resolve(head.value),
      },
      body: mapAll(rule.body, (expr) => this.#expr(expr, declared)),
      else: rule.else && this.rule(rule.else),
    };
  }

  body(body: Body, around: Declared["names"]): Body {
    const declared = this.#declared([...around, declaredVars(body)]);
    return mapAll(body, (expr) => this.#expr(expr, declared));
  }

  #expr(expr: Expr, declared: Declared): Expr {
    const { terms } = expr;
    // What is declared is a variable, also by the name of a document.
    if (terms.kind === "some" && terms.symbols[0]?.kind === "var") return expr;
    if (terms.kind !== "every") return mapExpr(expr, declared);
    const own = new Set([...(terms.key === undefined ? [] : varsOfTerm(terms.key)), ...varsOfTerm(terms.value)]);
    const body = this.body(terms.body, [...declared.names, own]);
    const domain = this.#term(terms.domain, declared);
    const outer = mapExpr({ ...expr, terms: { kind: "term", term: domain } }, declared);
    return { ...outer, terms: { ...terms, domain, body } };
  }

  #declared(names: Declared["names"]): Declared {
    const declared: Declared = {
      names,
      term: (term) => this.#term(term, declared),
      body: (body) => this.body(body, names),
    };
    return declared;
  }

  #term(term: Term, declared: Declared): Term {
    if (term.kind === "var") return this.#variable(term, declared);
    if (term.kind === "string") return term;
    if (term.kind === "ref") return this.#ref(term, declared);
    if (!isComprehension(term)) return mapTerm(term, declared);
    const inner = this.#declared([...declared.names, declaredVars(term.body)]);
    const body = mapAll(term.body, (expr) => this.#expr(expr, inner));
    const [first, second] = comprehensionTerms(term).map((part) => this.#term(part, inner)) as [Term, Term];
    return term.kind === "objectcomprehension"
      ? { ...term, key: first, value: second, body }
      : { ...term, term: first, body };
  }

  #variable(term: Var, declared: Declared): Term {
    const global = this.#find(term.name, declared);
    if (global !== undefined)
      return { ...global, loc: term.loc, terms: [this.#root(global, term.loc), ...global.terms.slice(1)] };
    if (term.name === "input" || term.name === "data") return { kind: "ref", loc: term.loc, terms: [term] };
    return term;
  }

  #ref(ref: Ref, declared: Declared): Ref {
    const head = ref.terms[0] as Term;
    if (head.kind !== "var") {
      const terms = mapAll(ref.terms, declared.term);
      return terms === ref.terms ? ref : { ...ref, terms };
    }
    const terms = mapAll(ref.terms, (term, at) => (at === 0 ? term : this.#term(term, declared)));
    const global = this.#find(head.name, declared);
    if (global === undefined) return terms === ref.terms ? ref : { ...ref, terms };
    const root: Term = this.#root(global, head.loc);
    return { ...ref, terms: [root].concat(global.terms.slice(1), terms.slice(1)) };
  }

  /** One for all refs to rules of the package, and one for each import; its place is that of the last of them, where OPA tells of their faults. */
  #root(global: Ref, loc: Location): Term {
    const own = global.terms[0] as Root;
    const root = this.#roots.get(own);
    if (root === undefined) {
      const made = { ...own, loc };
      this.#roots.set(own, made);
      return made;
    }
    if (root.loc.offset < loc.offset) root.loc = loc;
    return root;
  }

  #find(name: string, declared: Declared): Ref | undefined {
    const global = this.#globals.get(name);
    if (global === undefined || declared.names.some((names) => names.has(name))) return undefined;
    if (global.import !== undefined) this.#used.add(global.import);
    return global.path;
  }
}

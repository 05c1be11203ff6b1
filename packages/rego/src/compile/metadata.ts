import type { Annotations, Expr, Location, Module, Ref, Rule, Term } from "../syntax/ast.ts";
import type { LocalNames } from "./local-names.ts";
import { eqExpr, termExpr, varTerm } from "./make.ts";
import { nameOfRef } from "./names.ts";
import { headTerms } from "./parts.ts";
import { exprRewriter, mapRule } from "./rewriter.ts";
import type { ChainEntry, StageContext } from "./stage.ts";
import { walkExprs, walkExprsOfTerm } from "./walk.ts";

const chainName = "rego.metadata.chain";
const ruleName = "rego.metadata.rule";

/** OPA's stage RewriteRegoMetadataCalls: `rego.metadata.chain()` and `.rule()` become constants, made once per rule; annotations are not of an `else`. */
export function rewriteMetadataCalls(rule: Rule, module: Module, names: LocalNames, context: StageContext): Rule {
  const rewrite = (each: Rule, annotated: Rule): Rule => {
    const otherwise = each.else && rewrite(each.else, { ...rule, annotations: [] });
    const made = rewriteOne({ ...each, else: undefined }, annotated, module, names, context);
    return made === undefined && otherwise === each.else ? each : { ...(made ?? each), else: otherwise };
  };
  return rewrite(rule, rule);
}

/** Undefined when it calls neither, nor do comprehensions of its head. */
function rewriteOne(
  each: Rule,
  annotated: Rule,
  module: Module,
  names: LocalNames,
  context: StageContext,
): Rule | undefined {
  const called = new Map<string, Expr>();
  const note = (expr: Expr): boolean => {
    const name = calledName(expr);
    if (name !== undefined && !called.has(name)) called.set(name, expr);
    return true;
  };
  for (const term of headTerms(each)) walkExprsOfTerm(term, note);
  walkExprs(each.body, note);
  if (called.size === 0) return undefined;
  const chain = context.metadataChain(annotated, module);
  const locals = new Map<string, string>();
  const before = [...called].map(([name, { loc }]) => {
    const local = names.create();
    locals.set(name, local);
    const value = name === chainName ? chainTerm(chain, loc) : ruleTerm(chain, loc);
    return eqExpr(loc, varTerm(loc, local), value);
  });
  const rewriter = exprRewriter((expr) => {
    const local = locals.get(calledName(expr) ?? "");
    return local === undefined ? expr : replaced(expr, local);
  });
  const made = mapRule(each, rewriter);
  return { ...made, body: [...before, ...made.body] };
}

function calledName({ terms }: Expr): string | undefined {
  const name = terms.kind === "call" ? nameOfRef(terms.operator) : undefined;
  return name === chainName || name === ruleName ? name : undefined;
}

/** As OPA, a new expression: `not` and `with` around the call are gone. */
function replaced({ terms, loc }: Expr, local: string): Expr {
  const output = terms.kind === "call" ? terms.args[0] : undefined;
  const value = varTerm(loc, local);
  return output === undefined ? termExpr(loc, value) : eqExpr(loc, output, value);
}

function ruleTerm([first]: readonly ChainEntry[], loc: Location): Term {
  const isOwn = first?.annotations?.scope === "rule";
  return isOwn && first.annotations !== undefined ? annotationsTerm(first.annotations, loc) : objectTerm([], loc);
}

function chainTerm(chain: readonly ChainEntry[], loc: Location): Term {
  const items = chain.map(({ path, annotations }) => {
    const entries: (readonly [string, Term])[] = [["path", { kind: "array", loc, items: path }]];
    if (annotations !== undefined) entries.unshift(["annotations", annotationsTerm(annotations, loc)]);
    return objectTerm(entries, loc);
  });
  return { kind: "array", loc, items };
}

function annotationsTerm(annotations: Annotations, loc: Location): Term {
  return termFromJson(annotationsJson(annotations), loc);
}

/** Annotations as JSON, as `opa inspect` prints them. */
export function annotationsJson(annotations: Annotations): { readonly [field: string]: unknown } {
  const { scope, entrypoint, relatedResources, schemas, compile, loc: _, ...others } = annotations;
  return {
    scope,
    ...(entrypoint ? { entrypoint } : {}),
    ...others,
    ...(relatedResources === undefined ? {} : { related_resources: relatedResources }),
    ...(schemas === undefined ? {} : { schemas: schemas.map(schemaJson) }),
    ...(compile === undefined
      ? {}
      : {
          compile: {
            ...(compile.unknowns === undefined ? {} : { unknowns: compile.unknowns.map(refJson) }),
            ...(compile.maskRule === undefined ? {} : { mask_rule: refJson(compile.maskRule) }),
          },
        }),
  };
}

function schemaJson({ path, schema, definition }: NonNullable<Annotations["schemas"]>[number]): unknown {
  return {
    path: refJson(path),
    ...(schema === undefined ? {} : { schema: refJson(schema) }),
    ...(definition === undefined ? {} : { definition }),
  };
}

function refJson(ref: Ref): readonly unknown[] {
  return ref.terms.map((term) => (term.kind === "var" ? term.name : term.kind === "string" ? term.value : undefined));
}

/** A JSON value as a term. */
export function termFromJson(value: unknown, loc: Location): Term {
  if (value === null || value === undefined) return { kind: "null", loc };
  if (typeof value === "boolean") return { kind: "boolean", loc, value };
  if (typeof value === "string") return { kind: "string", loc, value };
  if (typeof value === "number" || typeof value === "bigint") return { kind: "number", loc, text: String(value) };
  if (Array.isArray(value)) return { kind: "array", loc, items: value.map((item) => termFromJson(item, loc)) };
  return objectTerm(
    Object.entries(value).map(([key, item]) => [key, termFromJson(item, loc)] as const),
    loc,
  );
}

function objectTerm(entries: readonly (readonly [string, Term])[], loc: Location): Term {
  return {
    kind: "object",
    loc,
    entries: entries.map(([key, value]) => [{ kind: "string", loc, value: key }, value] as const),
  };
}

import type { BuiltinSignature } from "../../builtins/capabilities.ts";
import type { Body, Module, Ref, Rule, Term } from "../../syntax/ast.ts";
import type { Diagnostic } from "../../syntax/diagnostic.ts";
import { AnnotationSet } from "../annotation-set.ts";
import type { LocalNames } from "../local-names.ts";
import { components, type RuleGraph } from "../recursion.ts";
import { type CompileOptions, type StageContext, typeFault } from "../stage.ts";
import { type BodyCheck, checkBody, inferComprehension } from "./check-body.ts";
import { functionTypeOf } from "./declared.ts";
import { createTypeNode, insertType, type Override, TypeEnv, type TypeNode } from "./env.ts";
import { scalarKey } from "./literal.ts";
import { SchemaFault } from "./schema.ts";
import { annotationOverrides, inputSchemaType } from "./schema-annotations.ts";
import { anyType, type FunctionType, type Key, objectOf, setOf, type Type } from "./type.ts";

/** What type checking needs to know of a module. */
export interface TypedUnit {
  readonly module: Module;
  readonly names: LocalNames;
  readonly rules: readonly Rule[];
}

export interface TypeCheck {
  readonly units: readonly TypedUnit[];
  readonly graph: RuleGraph;
  readonly options: CompileOptions;
  readonly modules: readonly Module[];
  readonly builtin: (name: string) => BuiltinSignature | undefined;
  readonly report: (diagnostic: Diagnostic) => void;
  readonly previous: RuleTypes | undefined;
}

/** What a rule adds to the types, and the rules that this follows from. */
interface Contribution {
  readonly path: readonly Key[];
  readonly type: Type | undefined;
  readonly needed: ReadonlySet<Rule>;
}

/** The types of all rules. */
export interface RuleTypes {
  readonly env: TypeEnv;
  readonly contributions: ReadonlyMap<Rule, Contribution>;
}

/** OPA's stage CheckTypes: infers the types of rules, dependencies first, and reports what can never be true. */
export function checkTypes(check: TypeCheck): RuleTypes {
  return new RuleChecker(check).run();
}

/** The same for a query over checked rules. */
export function checkQueryTypes(
  body: Body,
  types: RuleTypes | undefined,
  context: StageContext,
  names: LocalNames,
): void {
  if (types === undefined) return;
  const check = bodyCheck(names, context.options, context.report);
  checkBody(body, types.env.inner(), check);
}

class RuleChecker {
  readonly #check: TypeCheck;
  readonly #data: TypeNode = createTypeNode();
  readonly #env: TypeEnv;
  readonly #contributions = new Map<Rule, Contribution>();
  /** Rules whose types are as they were the last time. */
  readonly #kept = new Set<Rule>();
  readonly #places = new Map<Rule, { readonly unit: TypedUnit; readonly main: Rule }>();
  readonly #diagnostics: Diagnostic[] = [];
  #annotations: AnnotationSet | undefined;

  constructor(check: TypeCheck) {
    this.#check = check;
    const { schemas } = check.options;
    const input = this.#inputType(schemas);
    const roots = new Map([["data", this.#data]]);
    if (input !== undefined) {
      const node = createTypeNode();
      node.type = input;
      roots.set("input", node);
    }
    const builtins = new Map<string, FunctionType>();
    const builtin = (name: string) => {
      const known = builtins.get(name);
      const signature = known === undefined ? check.builtin(name) : undefined;
      if (signature === undefined) return known;
      const type = functionTypeOf(signature);
      builtins.set(name, type);
      return type;
    };
    this.#env = new TypeEnv(roots, builtin, inferComprehension);
    for (const unit of check.units)
      for (const main of unit.rules)
        for (let rule: Rule | undefined = main; rule !== undefined; rule = rule.else)
          this.#places.set(rule, { unit, main });
  }

  /** Undefined, and a fault noted, when the schema cannot be read. */
  #inputType(schemas: CompileOptions["schemas"]): Type | undefined {
    try {
      return inputSchemaType(schemas);
    } catch (error) {
      if (!(error instanceof SchemaFault)) throw error;
      this.#diagnostics.push(typeFault(undefined, error.message));
      return undefined;
    }
  }

  run(): RuleTypes {
    const isUnreadable = this.#diagnostics.length > 0;
    for (const component of isUnreadable ? [] : components(this.#check.graph)) {
      for (const rule of component) {
        const contribution = this.#earlier(rule) ?? this.#infer(rule);
        this.#contributions.set(rule, contribution);
        if (contribution.type !== undefined) insertType(this.#data, contribution.path, contribution.type);
      }
    }
    for (const each of this.#diagnostics.sort(byPlace)) this.#check.report(each);
    return { env: this.#env, contributions: this.#contributions };
  }

  /** What the rule added the last time, when it and all it follows from are the same. */
  #earlier(rule: Rule): Contribution | undefined {
    const needed = this.#check.graph.get(rule);
    const earlier = this.#check.previous?.contributions.get(rule);
    if (earlier === undefined || needed === undefined || this.#usesSchemas()) return undefined;
    if (needed.size !== earlier.needed.size) return undefined;
    for (const each of needed) if (!earlier.needed.has(each) || !this.#kept.has(each)) return undefined;
    this.#kept.add(rule);
    return { ...earlier, needed };
  }

  #usesSchemas(): boolean {
    const { schemas, useSchemaAnnotations } = this.#check.options;
    return schemas !== undefined || useSchemaAnnotations === true;
  }

  #infer(rule: Rule): Contribution {
    const { unit, main } = this.#places.get(rule) as { unit: TypedUnit; main: Rule };
    const before = this.#diagnostics.length;
    const check = bodyCheck(unit.names, this.#check.options, (each) => this.#diagnostics.push(each));
    const env = this.#env.inner(this.#overrides(main, unit.module));
    checkBody(rule.body, env, check);
    const path = groundPath(rule);
    const needed = this.#check.graph.get(rule) ?? new Set();
    // Whoever uses a rule with faults shall not be told of them again.
    const type = this.#diagnostics.length > before ? anyType : typeOfRule(rule, env);
    return { path, type, needed };
  }

  #overrides(rule: Rule, module: Module): readonly Override[] {
    const { options, modules } = this.#check;
    if (!this.#usesSchemas() || options.useSchemaAnnotations === false) return [];
    this.#annotations ??= new AnnotationSet(modules);
    const chain = this.#annotations.chain(rule, module);
    return annotationOverrides(chain, options.schemas, this.#env, (message) =>
      this.#diagnostics.push(typeFault(rule.loc, message)),
    );
  }
}

function bodyCheck(names: LocalNames, options: CompileOptions, report: BodyCheck["report"]): BodyCheck {
  const rename = (ref: Ref): Ref => ({ ...ref, terms: ref.terms.map((term) => written(term, names)) });
  return { rename, report, allowUndefinedFunctions: options.allowUndefinedFunctions === true };
}

function written(term: Term, names: LocalNames): Term {
  return term.kind === "var" ? { ...term, name: names.original(term.name) } : term;
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const files = [a.loc?.file ?? "", b.loc?.file ?? ""] as const;
  if (files[0] !== files[1]) return files[0] < files[1] ? -1 : 1;
  return (a.loc?.offset ?? 0) - (b.loc?.offset ?? 0);
}

/** The constant keys of a rule's ref below `data`. */
function groundPath({ head }: Rule): readonly Key[] {
  const keys = head.ref.terms.slice(1).map(scalarKey);
  const open = keys.indexOf(undefined);
  return (open < 0 ? keys : keys.slice(0, open)) as readonly Key[];
}

function typeOfRule(rule: Rule, env: TypeEnv): Type | undefined {
  const { head } = rule;
  if (head.args !== undefined) return typeOfFunction(rule, env);
  const suffix = head.ref.terms.slice(1 + groundPath(rule).length);
  if (head.key !== undefined && head.value === undefined) {
    const member = env.typeOf(head.key);
    return member && nested(suffix, setOf(member), env);
  }
  return nested(suffix, head.value && env.typeOf(head.value), env);
}

/** Args that the body says nothing about may be anything. */
function typeOfFunction({ head }: Rule, env: TypeEnv): Type {
  const args = (head.args ?? []).map((arg) => {
    giveAny(arg, env);
    return { type: env.typeOf(arg) };
  });
  const result = head.value && env.typeOf(head.value);
  return { kind: "function", args, result: { type: result }, variadic: undefined };
}

function giveAny(arg: Term, env: TypeEnv): void {
  if (arg.kind === "var" && env.variable(arg.name) === undefined) env.setVariable(arg.name, anyType);
  if (arg.kind === "array") for (const item of arg.items) giveAny(item, env);
  if (arg.kind === "object") for (const [, value] of arg.entries) giveAny(value, env);
}

/** `p[x].q := v` makes p an object of objects. */
function nested([key, ...rest]: readonly Term[], type: Type | undefined, env: TypeEnv): Type | undefined {
  if (key === undefined || type === undefined) return type;
  const value = nested(rest, type, env);
  const keys = env.typeOf(key);
  return keys === undefined || value === undefined ? undefined : objectOf([], { key: keys, value });
}

import type { BuiltinSignature } from "../../builtins/capabilities.ts";
import type { Body, Module, Ref, Rule, Term } from "../../syntax/ast.ts";
import type { Diagnostic } from "../../syntax/diagnostic.ts";
import { AnnotationSet } from "../annotation-set.ts";
import type { LocalNames } from "../local-names.ts";
import { ruleChain } from "../parts.ts";
import type { Edit } from "../persistent-map.ts";
import { type CompileOptions, type StageContext, typeFault } from "../stage.ts";
import { varsOfTerm } from "../vars.ts";
import { withWrittenNames } from "../written-names.ts";
import { type BodyCheck, checkBody, inferComprehension } from "./check-body.ts";
import { functionTypeOf } from "./declared.ts";
import { type Override, TypeEnv } from "./env.ts";
import type { Key } from "./key.ts";
import { scalarKey } from "./literal.ts";
import { SchemaFault } from "./schema.ts";
import { annotationOverrides, inputSchemaType } from "./schema-annotations.ts";
import { anyType, type FunctionType, objectOf, setOf, stringType, type Type } from "./type.ts";
import { TypeNode } from "./type-tree.ts";

/** What type checking needs to know of a module. */
export interface TypedUnit {
  readonly module: Module;
  readonly names: LocalNames;
  readonly rules: readonly Rule[];
}

export interface TypeCheck {
  readonly options: CompileOptions;
  readonly modules: readonly Module[];
  readonly builtin: (name: string) => BuiltinSignature | undefined;
  /** The rules that a rule reads or calls. */
  readonly needed: (rule: Rule) => ReadonlySet<Rule>;
  readonly edit: Edit;
}

/** What a rule adds to the types. */
export interface Contribution {
  readonly path: readonly Key[];
  readonly type: Type | undefined;
}

/** The types of all rules, and how to ask for them. */
export interface RuleTypes {
  readonly env: TypeEnv;
  readonly data: TypeNode;
}

/** What came of checking some rules. */
export interface CheckedRules {
  readonly types: RuleTypes;
  readonly contributions: ReadonlyMap<Rule, Contribution>;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * OPA's stage CheckTypes: infers the types of all rules, and reports what can never be true. `inOrder`: those that need each other
 * together, dependencies first.
 */
export function checkTypes(
  units: readonly TypedUnit[],
  inOrder: readonly (readonly Rule[])[],
  check: TypeCheck,
): CheckedRules {
  const checker = new RuleChecker(check, new TypeNode().own(check.edit));
  for (const unit of units) checker.add(unit);
  for (const component of inOrder) for (const rule of component) checker.infer(rule);
  return checker.result();
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

/** Infers the types of rules one by one: those that a rule needs must come first. */
export class RuleChecker {
  readonly #check: TypeCheck;
  readonly #data: TypeNode;
  readonly #env: TypeEnv;
  readonly #contributions = new Map<Rule, Contribution>();
  readonly #places = new Map<Rule, { readonly unit: TypedUnit; readonly main: Rule }>();
  readonly #diagnostics: Diagnostic[] = [];
  #isUnreadable = false;
  #annotations: AnnotationSet | undefined;

  /** `data` is the tree of types that are known already; the edit owns its root. */
  constructor(check: TypeCheck, data: TypeNode) {
    this.#check = check;
    this.#data = data;
    const { schemas } = check.options;
    const input = this.#inputType(schemas);
    const roots = new Map([["data", data]]);
    if (input !== undefined) {
      const node = new TypeNode().own(check.edit);
      node.give([], input, 1, check.edit);
      roots.set("input", node);
    }
    this.#env = new TypeEnv(roots, builtinTypes(check.builtin), inferComprehension);
  }

  /** A module whose rules may be inferred. */
  add(unit: TypedUnit): void {
    for (const main of unit.rules) for (const rule of ruleChain(main)) this.#places.set(rule, { unit, main });
  }

  /** Undefined, and a fault noted, when the schema cannot be read. */
  #inputType(schemas: CompileOptions["schemas"]): Type | undefined {
    try {
      return inputSchemaType(schemas);
    } catch (error) {
      if (!(error instanceof SchemaFault)) throw error;
      this.#isUnreadable = true;
      this.#diagnostics.push(typeFault(undefined, error.message));
      return undefined;
    }
  }

  infer(rule: Rule): void {
    if (this.#isUnreadable) return;
    const { unit, main } = this.#places.get(rule) as { unit: TypedUnit; main: Rule };
    const before = this.#diagnostics.length;
    const check = bodyCheck(unit.names, this.#check.options, (each) => this.#diagnostics.push(each));
    const env = this.#env.inner(this.#overrides(main, unit.module));
    checkBody(rule.body, env, check);
    const path = groundPath(rule);
    // Whoever uses a rule with faults shall not be told of them again.
    const type = this.#diagnostics.length > before ? anyType : typeOfRule(rule, env);
    this.#contributions.set(rule, { path, type });
    if (type !== undefined) this.#data.give(path, type, 1, this.#check.edit);
  }

  result(): CheckedRules {
    const diagnostics = this.#diagnostics.toSorted(byPlace);
    return { types: { env: this.#env, data: this.#data }, contributions: this.#contributions, diagnostics };
  }

  #overrides(rule: Rule, module: Module): readonly Override[] {
    const { options, modules } = this.#check;
    if (!usesSchemas(options) || options.useSchemaAnnotations === false) return [];
    this.#annotations ??= new AnnotationSet(modules);
    const chain = this.#annotations.chain(rule, module);
    return annotationOverrides(chain, options.schemas, this.#env, (message) =>
      this.#diagnostics.push(typeFault(rule.loc, message)),
    );
  }
}

/** True when types come from schemas too, which annotations give to rules. */
export function usesSchemas({ schemas, useSchemaAnnotations }: CompileOptions): boolean {
  return schemas !== undefined || useSchemaAnnotations === true;
}

function builtinTypes(builtin: TypeCheck["builtin"]): (name: string) => FunctionType | undefined {
  const known = new Map<string, FunctionType>();
  return (name) => {
    const signature = known.has(name) ? undefined : builtin(name);
    if (signature !== undefined) known.set(name, functionTypeOf(signature));
    return known.get(name);
  };
}

function bodyCheck(names: LocalNames, options: CompileOptions, report: BodyCheck["report"]): BodyCheck {
  const rename = (ref: Ref): Ref => withWrittenNames(ref, names);
  return { rename, report, allowUndefinedFunctions: options.allowUndefinedFunctions === true };
}

/** And those of one place by their texts. */
function byPlace(a: Diagnostic, b: Diagnostic): number {
  const files = [a.loc?.file ?? "", b.loc?.file ?? ""] as const;
  if (files[0] !== files[1]) return files[0] < files[1] ? -1 : 1;
  const [first, second] = [a, b].map(({ message, details = [] }) => [message, ...details].join("\n\t")) as [
    string,
    string,
  ];
  return (a.loc?.offset ?? 0) - (b.loc?.offset ?? 0) || (first < second ? -1 : Number(first > second));
}

/** The constant keys of a rule's ref below `data`: where its type lies. */
export function groundPath({ head }: Rule): readonly Key[] {
  const keys = head.ref.terms.slice(1).map(scalarKey);
  const open = keys.indexOf(undefined);
  return (open < 0 ? keys : keys.slice(0, open)) as readonly Key[];
}

function typeOfRule(rule: Rule, env: TypeEnv): Type | undefined {
  const { head } = rule;
  const suffix = head.ref.terms.slice(1 + groundPath(rule).length);
  if (head.args !== undefined) return suffix.length === 0 ? typeOfFunction(rule, env) : ofDocuments;
  if (head.key !== undefined && head.value === undefined) {
    const member = env.typeOf(head.key);
    return member && nested(suffix, setOf(member), env);
  }
  return nested(suffix, head.value && env.typeOf(head.value), env);
}

/** What a ref to the place of functions with variables in their paths finds: none of them, and what may lie beside rules. */
const ofDocuments = objectOf([], { key: stringType, value: anyType });

/** Args that the body says nothing about may be anything, and so may keys in them. */
function typeOfFunction({ head }: Rule, env: TypeEnv): Type {
  const terms = head.args ?? [];
  for (const name of terms.flatMap((arg) => [...varsOfTerm(arg)]))
    if (env.variable(name) === undefined) env.setVariable(name, anyType);
  const args = terms.map((arg) => ({ type: env.typeOf(arg) }));
  const result = head.value && env.typeOf(head.value);
  return { kind: "function", args, result: { type: result }, variadic: undefined };
}

/** `p[x].q := v` makes p an object of objects. */
function nested([key, ...rest]: readonly Term[], type: Type | undefined, env: TypeEnv): Type | undefined {
  if (key === undefined || type === undefined) return type;
  const value = nested(rest, type, env);
  const keys = env.typeOf(key);
  return keys === undefined || value === undefined ? undefined : objectOf([], { key: keys, value });
}

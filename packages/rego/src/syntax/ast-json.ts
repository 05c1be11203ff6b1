import type {
  Annotations,
  Body,
  Comment,
  Expr,
  ExprTerms,
  Head,
  Import,
  Location,
  Module,
  Ref,
  Rule,
  Term,
} from "./ast.ts";
import { type LegacyHead, legacyHead } from "./legacy-head.ts";
import { refText } from "./ref-text.ts";
import { compareTerms } from "./term-order.ts";

/** JSON with its keys in OPA's order; numbers as their source text. */
export type AstJson =
  | null
  | boolean
  | string
  | NumberText
  | readonly AstJson[]
  | { readonly [key: string]: AstJson | undefined };

/** A number as it was written. */
export class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export interface AstJsonOptions {
  /** With each node's place and the Base64 of its text. */
  readonly locations?: boolean;
  /** Default true. */
  readonly comments?: boolean;
  /** Of a compiled tree: what the compiler has made says so, terms too. */
  readonly compiled?: boolean;
}

type Fields = { readonly [key: string]: AstJson | undefined };

/** A module as `opa parse --format json` prints it, and as `rego.parse_module` answers it. */
export function astJsonOfModule(module: Module, options: AstJsonOptions = {}): AstJson {
  return new Encoder(options).module(module);
}

/** A query as `opa eval --partial --format json` prints it. */
export function astJsonOfBody(body: Body, options: AstJsonOptions = {}): AstJson {
  return new Encoder(options).body(body);
}

/** One expression, at a place in its body. */
export function astJsonOfExpr(expr: Expr, index: number, options: AstJsonOptions = {}): AstJson {
  return new Encoder(options).expr(expr, index);
}

export function astJsonOfRule(rule: Rule, options: AstJsonOptions = {}): AstJson {
  return new Encoder(options).rule(rule);
}

/** A term; one that begins a ref stays a variable, whatever its name. */
export function astJsonOfTerm(term: Term, isHead = false): AstJson {
  return isHead ? new Encoder({}).bare(term) : new Encoder({}).term(term);
}

/** Annotations as they stand in the JSON of modules. */
export function annotationsJson(annotations: Annotations): AstJson {
  return new Encoder({}).annotations(annotations);
}

/** A value of plain objects and lists, keys sorted. */
export function valueJson(value: unknown): AstJson {
  return jsonOfValue(value);
}

/** Go's JSON: `<`, `>` and `&` escaped; each level indented by `indent`, or all on one line without it. */
export function astJsonText(json: AstJson, indent = ""): string {
  return textOf(json, indent, "\n");
}

class Encoder {
  readonly #locations: boolean;
  readonly #comments: boolean;
  readonly #compiled: boolean;

  constructor({ locations = false, comments = true, compiled = false }: AstJsonOptions) {
    this.#locations = locations;
    this.#comments = comments;
    this.#compiled = compiled;
  }

  module(module: Module): AstJson {
    const { imports, annotations, rules, comments } = module;
    const withComments = this.#comments && comments.length > 0;
    return {
      package: { ...this.#place(module.package.loc), path: this.#path(module.package.path) },
      imports: some(imports.map((each) => this.#import(each))),
      annotations: some(annotations.map((each) => this.annotations(each))),
      rules: some(rules.map((each) => this.rule(withDocumentAnnotations(each, rules)))),
      comments: withComments ? comments.map((each) => this.#comment(each)) : undefined,
    };
  }

  body(body: Body): AstJson {
    return body.map((expr, index) => this.expr(expr, index));
  }

  #import({ path, alias, loc }: Import): AstJson {
    return { alias, ...this.#place(loc), path: this.term(path) };
  }

  #comment({ text, loc }: Comment): AstJson {
    return { Text: text === "" ? null : base64(text), Location: this.#location(loc) };
  }

  rule(rule: Rule, legacy: LegacyHead = legacyHead(rule.head, rule)): AstJson {
    return {
      annotations: some(rule.annotations.map((each) => this.annotations(each))),
      body: this.body(rule.body),
      default: rule.default || undefined,
      else: rule.else && this.rule(rule.else, legacy),
      head: this.#head(rule, legacy),
      ...this.#place(rule.loc),
    };
  }

  #head(rule: Rule, { name, key }: LegacyHead): AstJson {
    const { head } = rule;
    // A value that nobody wrote has a place only where the rule was written as an expression, or one body follows another.
    const hasPlace = !head.generatedValue || (rule.generatedBody && !rule.default) || hasOwnPlace(head, rule);
    return {
      name,
      args: head.args && this.#terms(head.args),
      key: key && this.term(key),
      value: head.value && this.term(head.value, hasPlace),
      assign: head.assign || undefined,
      ref: this.#path(head.ref),
      ...this.#place(head.loc),
    };
  }

  expr(expr: Expr, index: number): AstJson {
    return {
      generated: (expr.generated && this.#isMade(expr)) || undefined,
      index: new NumberText(String(index)),
      ...this.#place(expr.loc),
      negated: expr.negated || undefined,
      terms: this.#exprTerms(expr.terms),
      with: some(
        expr.with.map(({ loc, target, value }) => ({
          ...this.#place(loc),
          target: this.term(target),
          value: this.term(value),
        })),
      ),
    };
  }

  /** `true` in the place of a body is not said to be generated; the value of a query's expression is. */
  #isMade({ terms }: Expr): boolean {
    return terms.kind !== "term" || (this.#compiled && terms.term.kind === "var");
  }

  #exprTerms(terms: ExprTerms): AstJson {
    switch (terms.kind) {
      case "term":
        return this.term(terms.term);
      case "call":
        return [this.#operator(terms.operator, terms.args), ...this.#terms(terms.args)];
      case "some":
        return { ...this.#place(terms.loc), symbols: this.#terms(terms.symbols) };
      case "every": {
        const { loc, key, value, domain, body } = terms;
        const fields = { body: this.body(body), domain: this.term(domain), key: key ? this.term(key) : null };
        return { ...fields, ...this.#place(loc), value: this.term(value) };
      }
      case "not":
        return { body: this.body(terms.body), explicit_body: terms.explicitBody, type: "not" };
      case "and":
      case "or": {
        const { kind, left, right, explicitLeft, explicitRight } = terms;
        const explicit = { explicit_left: explicitLeft, explicit_right: explicitRight };
        return { ...explicit, left: this.body(left), right: this.body(right), type: kind };
      }
    }
  }

  #terms(terms: readonly Term[]): readonly AstJson[] {
    return terms.map((term) => this.term(term));
  }

  /** A minus before a name is an operator that nobody wrote as one: without a place. */
  #operator(operator: Ref, args: readonly Term[]): AstJson {
    const [first] = args;
    const isSign = first?.kind === "number" && first.text === "0" && first.loc.offset === operator.loc.offset;
    return this.#ref(operator, !isSign);
  }

  #ref(ref: Ref, hasPlace = true): AstJson {
    return { ...this.#placeIf(hasPlace, ref.loc), type: "ref", value: this.#path(ref, hasPlace) };
  }

  #path({ terms: [head, ...rest] }: Ref, hasPlace = true): readonly AstJson[] {
    return head === undefined ? [] : [this.bare(head, hasPlace), ...this.#terms(rest)];
  }

  /** The head of a ref: a variable stays one, whatever its name. */
  bare(term: Term, hasPlace = true): AstJson {
    if (term.kind !== "var") return this.term(term, hasPlace);
    return { ...this.#placeIf(hasPlace, term.loc), type: "var", value: term.name };
  }

  term(term: Term, hasPlace = true): AstJson {
    const place = this.#placeIf(hasPlace, term.loc);
    switch (term.kind) {
      case "null":
        return { ...place, type: "null", value: {} };
      case "boolean":
      case "string":
        return { ...place, type: term.kind, value: term.value };
      case "number":
        return { ...place, type: "number", value: new NumberText(term.text) };
      case "var":
        if (term.name !== "input" && term.name !== "data") return this.bare(term, hasPlace);
        return { ...place, type: "ref", value: [this.bare(term, hasPlace)] };
      case "ref":
        return this.#ref(term, hasPlace);
      case "call":
        return { ...place, type: "call", value: [this.#operator(term.operator, term.args), ...this.#terms(term.args)] };
      default:
        return { ...place, type: term.kind, value: this.#composite(term) };
    }
  }

  #composite(term: Term): AstJson {
    switch (term.kind) {
      case "array":
        return this.#terms(term.items);
      case "set":
        return this.#terms(term.items.toSorted(compareTerms));
      case "object":
        return term.entries
          .toSorted(([a], [b]) => compareTerms(a, b))
          .map(([key, value]) => [this.term(key), this.term(value)]);
      case "arraycomprehension":
      case "setcomprehension":
        return { term: this.term(term.term), body: this.body(term.body) };
      case "objectcomprehension":
        return { key: this.term(term.key), value: this.term(term.value), body: this.body(term.body) };
      case "templatestring": {
        const parts = term.parts.map((part) => (part.kind === "expr" ? this.expr(part, 0) : this.term(part)));
        return { parts: parts.length === 0 ? null : parts, multi_line: term.multiLine };
      }
      default:
        return null;
    }
  }

  annotations(annotations: Annotations): AstJson {
    const { title, description, entrypoint, scope, custom, organizations, authors, schemas, compile, labels } =
      annotations;
    return {
      authors: some((authors ?? []).map(({ name = "", email }) => ({ name, email }))),
      compile: compile && {
        unknowns: compile.unknowns?.map((ref) => this.#path(ref)),
        mask_rule: compile.maskRule && this.#path(compile.maskRule),
      },
      custom: custom && jsonOfValue(custom),
      description: description || undefined,
      entrypoint: entrypoint || undefined,
      labels: labels && jsonOfValue(labels),
      ...this.#place(annotations.loc),
      organizations: some(organizations ?? []),
      related_resources: some(
        (annotations.relatedResources ?? []).map(({ ref, description: text }) => ({ description: text, ref })),
      ),
      schemas: some((schemas ?? []).map((each) => this.#schema(each))),
      scope,
      title: title || undefined,
    };
  }

  #schema({ path, schema, definition }: NonNullable<Annotations["schemas"]>[number]): AstJson {
    return {
      path: this.#path(path),
      schema: schema && this.#path(schema),
      definition: definition === undefined ? undefined : jsonOfValue(definition),
    };
  }

  #place(loc: Location): { readonly location?: AstJson } {
    return this.#placeIf(true, loc);
  }

  #placeIf(hasPlace: boolean, loc: Location): { readonly location?: AstJson } {
    return this.#locations && hasPlace ? { location: this.#location(loc) } : {};
  }

  #location({ file, row, col, text }: Location): AstJson {
    const place = { file, row: new NumberText(String(row)), col: new NumberText(String(col)) };
    return this.#locations ? { ...place, text: text === "" ? undefined : base64(text) } : place;
  }
}

/** Annotations of a document are those of all its rules. */
export function withDocumentAnnotations(rule: Rule, rules: readonly Rule[]): Rule {
  if (rules.every(({ annotations }) => annotations.length === 0)) return rule;
  const name = refText(rule.head.ref);
  const shared = rules
    .filter((each) => each.loc.offset !== rule.loc.offset && refText(each.head.ref) === name)
    .flatMap(({ annotations }) => annotations.filter(({ scope }) => scope === "document"));
  return shared.length === 0 ? rule : { ...rule, annotations: [...shared, ...rule.annotations] };
}

function hasOwnPlace(head: Head, rule: Rule): boolean {
  if (rule.chained) return true;
  return head.args === undefined && head.ref.terms.length === 2 && !rule.default;
}

function some<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}

/** A value of YAML, keys sorted. */
function jsonOfValue(value: unknown): AstJson {
  if (typeof value === "number" || typeof value === "bigint") return new NumberText(String(value));
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(jsonOfValue);
  if (typeof value !== "object" || value === null) return null;
  const fields = value as { readonly [key: string]: unknown };
  return Object.fromEntries(
    Object.keys(fields)
      .sort()
      .map((key) => [key, jsonOfValue(fields[key])]),
  );
}

function base64(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

function textOf(json: AstJson, indent: string, line: string): string {
  if (json instanceof NumberText) return json.text;
  if (typeof json === "string") return quoted(json);
  if (json === null || typeof json === "boolean") return String(json);
  const deeper = line + indent;
  const [open, close] = Array.isArray(json) ? "[]" : "{}";
  const parts = Array.isArray(json)
    ? json.map((each: AstJson) => textOf(each, indent, deeper))
    : Object.entries(json as Fields).flatMap(([key, value]) =>
        value === undefined ? [] : [`${quoted(key)}:${indent === "" ? "" : " "}${textOf(value, indent, deeper)}`],
      );
  if (parts.length === 0) return `${open}${close}`;
  if (indent === "") return `${open}${parts.join(",")}${close}`;
  return `${open}${deeper}${parts.join(`,${deeper}`)}${line}${close}`;
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

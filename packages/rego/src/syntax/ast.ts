/**
 * The syntax tree of a Rego module, shaped as OPA's `ast` package, so that its JSON (`opa parse --format json`), its
 * error positions and its formatter can be reproduced. Compiler stages make new nodes instead of changing old ones,
 * except where a stage's file says so.
 */

/** Where a node begins: 1-based row and column (in code points, tabs count one), and its source text. */
export interface Location {
  readonly file: string;
  readonly row: number;
  readonly col: number;
  /** UTF-16 offset of the first character, and of the one after the last. */
  readonly offset: number;
  readonly end: number;
  readonly text: string;
}

export type Term =
  | { readonly kind: "null"; readonly loc: Location }
  | { readonly kind: "boolean"; readonly loc: Location; readonly value: boolean }
  /** `text` as written: OPA prints and computes from the text. */
  | { readonly kind: "number"; readonly loc: Location; readonly text: string }
  | { readonly kind: "string"; readonly loc: Location; readonly value: string; readonly raw?: boolean }
  | Var
  | Ref
  | { readonly kind: "array"; readonly loc: Location; readonly items: readonly Term[] }
  | { readonly kind: "object"; readonly loc: Location; readonly entries: readonly (readonly [Term, Term])[] }
  | { readonly kind: "set"; readonly loc: Location; readonly items: readonly Term[] }
  | (Indexed & {
      readonly kind: "arraycomprehension";
      readonly loc: Location;
      readonly term: Term;
      readonly body: Body;
    })
  | (Indexed & { readonly kind: "setcomprehension"; readonly loc: Location; readonly term: Term; readonly body: Body })
  | (Indexed & {
      readonly kind: "objectcomprehension";
      readonly loc: Location;
      readonly key: Term;
      readonly value: Term;
      readonly body: Body;
    })
  | Call
  | TemplateString;

/** Variables from around a comprehension by which its values are kept: see `compile/comprehension-indices.ts`. */
interface Indexed {
  readonly indexedBy?: readonly string[] | undefined;
}

/** `_` is parsed as a fresh wildcard `$0`, `$1`, … as OPA does. */
export interface Var {
  readonly kind: "var";
  readonly loc: Location;
  readonly name: string;
}

/** `head[0]` is a var (`input`, `data`, a rule, a local) or another term (`{"a": 1}.a`, a call); the rest are operands. */
export interface Ref {
  readonly kind: "ref";
  readonly loc: Location;
  readonly terms: readonly Term[];
}

/** `operator` is a ref whose terms are a var and strings, `plus`, `json.unmarshal`, `data.lib.f`: others are no function. */
export interface Call {
  readonly kind: "call";
  readonly loc: Location;
  readonly operator: Ref;
  readonly args: readonly Term[];
}

/** `$"…{expr}…"`: constant strings and the expressions between them, in order. */
export interface TemplateString {
  readonly kind: "templatestring";
  readonly loc: Location;
  readonly parts: readonly (Term | Expr)[];
  readonly multiLine: boolean;
}

export type Body = readonly Expr[];

export interface With {
  readonly loc: Location;
  readonly target: Term;
  readonly value: Term;
}

export interface Expr {
  readonly kind: "expr";
  readonly loc: Location;
  readonly negated: boolean;
  readonly with: readonly With[];
  readonly terms: ExprTerms;
  /** Made by a compiler stage, not written by the author. */
  readonly generated?: boolean;
}

export type ExprTerms =
  | { readonly kind: "term"; readonly term: Term }
  /**
   * An infix operator or function call at the top of an expression: `x := 1` is a call of `assign`. `isAssignment`: a call of `eq` that
   * the compiler has made of one.
   */
  | { readonly kind: "call"; readonly operator: Ref; readonly args: readonly Term[]; readonly isAssignment?: boolean }
  /** `some x, y`: vars only; `some k, v in xs`: one call of `internal.member_2` or `internal.member_3`. */
  | { readonly kind: "some"; readonly loc: Location; readonly symbols: readonly Term[] }
  | {
      readonly kind: "every";
      readonly loc: Location;
      readonly key: Term | undefined;
      readonly value: Term;
      readonly domain: Term;
      readonly body: Body;
    }
  /**
   * `not` in a module with `import future.keywords.not`: holds when no way through the body exists. What the compiler takes
   * out of the body stays inside. `explicitBody`: written with braces.
   */
  | { readonly kind: "not"; readonly loc: Location; readonly body: Body; readonly explicitBody: boolean }
  /**
   * `import future.keywords.and` and `….or`; an operand written without braces is a body of one expression. `explicit…`: with braces.
   */
  | {
      readonly kind: "and" | "or";
      readonly loc: Location;
      readonly left: Body;
      readonly right: Body;
      readonly explicitLeft: boolean;
      readonly explicitRight: boolean;
      /** Where the operands stand, with their brackets; of what was written. */
      readonly operands?: readonly [Location, Location];
    };

export interface Head {
  readonly loc: Location;
  /** The whole reference of the rule, first term a var: `p`, `p.q`, `p[x]`. */
  readonly ref: Ref;
  readonly args: readonly Term[] | undefined;
  /** Of a partial set (`contains`, or v0's `p[x]`). */
  readonly key: Term | undefined;
  /** Undefined only for partial sets; `p if …` gets a generated `true`. */
  readonly value: Term | undefined;
  /** Written with `:=`. */
  readonly assign: boolean;
  /** `value` was not written. */
  readonly generatedValue: boolean;
}

export interface Rule {
  readonly kind: "rule";
  readonly loc: Location;
  readonly default: boolean;
  readonly head: Head;
  readonly body: Body;
  /** No body was written; `body` is then one generated `true`. */
  readonly generatedBody: boolean;
  readonly else: Rule | undefined;
  /** A further body in braces behind the one of the rule before: the head is that one's. */
  readonly chained?: boolean;
  /** The body is written behind `if`. */
  readonly hasIf?: boolean;
  /** A body of `true` with `with`, which a stage of the compiler has left out: rules that it names count for recursion. */
  readonly droppedBody?: Body;
  readonly annotations: readonly Annotations[];
}

export interface Import {
  readonly loc: Location;
  readonly path: Ref;
  readonly alias: string | undefined;
}

export interface Comment {
  readonly loc: Location;
  /** Without the `#`. */
  readonly text: string;
}

/** A `# METADATA` block. https://www.openpolicyagent.org/docs/policy-language#metadata */
export interface Annotations {
  readonly loc: Location;
  readonly scope: "rule" | "document" | "package" | "subpackages";
  readonly entrypoint: boolean;
  readonly title?: string;
  readonly description?: string;
  readonly organizations?: readonly string[];
  readonly relatedResources?: readonly { readonly ref: string; readonly description?: string }[];
  readonly authors?: readonly { readonly name?: string; readonly email?: string }[];
  readonly schemas?: readonly { readonly path: Ref; readonly schema?: Ref; readonly definition?: unknown }[];
  readonly compile?: { readonly unknowns?: readonly Ref[]; readonly maskRule?: Ref };
  /** For decision logs. */
  readonly labels?: { readonly [key: string]: unknown };
  readonly custom?: { readonly [key: string]: unknown };
}

export type RegoVersion = "v0" | "v1";

export interface Module {
  readonly kind: "module";
  readonly file: string;
  readonly text: string;
  readonly regoVersion: RegoVersion;
  readonly package: { readonly loc: Location; readonly path: Ref };
  readonly imports: readonly Import[];
  readonly rules: readonly Rule[];
  readonly comments: readonly Comment[];
  /** All annotation blocks, also those of rules and of the package. */
  readonly annotations: readonly Annotations[];
}

import type { BuiltinSignature } from "../builtins/capabilities.ts";
import type { Body, Module, Rule, Term } from "../syntax/ast.ts";

/**
 * What the compiler hands to the planner. After the last stage, in every rule (and its else branches) and query body:
 *
 * - **Names.** A var is `input`, `data` (only as head of a ref, or alone as a ref of one term), a wildcard `$0`, a generated
 *   `__local0__` (`__localq0__` in queries), or a var the author never declared. Refs to rules, functions, imports and
 *   base documents begin with `data` and are whole; heads begin with `data.<package>`. Imports are gone.
 * - **Expressions** are of kind `term`, `call`, `every` or `not`; `some`, `and`, `or`, template strings and (unless enabled) `print`
 *   are rewritten. `x := y`, `x == y` and `x = y` are calls of `eq`. `some x in xs` is `x = xs[__local0__]`.
 * - **Calls** stand only at the top of an expression, never inside a term. One argument more than the function's arity is the
 *   output, to be unified with the result: `plus(a, b, __local1__)`. Without it, the result must not be false.
 * - **Terms.** Arguments of calls, the domain of `every` and operands of refs hold scalars, vars and literals of them: no
 *   refs, no comprehensions. Refs and comprehensions stand only as a side of `eq` or as a whole `term` expression. Sides of
 *   `eq` may be patterns with unbound vars (arrays, object values).
 *   Head keys, values and operands of head refs hold no refs or comprehensions; a head's args are patterns.
 * - **with.** Targets are refs: below `input`, below `data`, or a function or builtin. Values are scalars, vars, literals of them, or
 *   the ref of a function or builtin when the target is one. `with` on an expression was copied to what was hoisted from it.
 * - **Order.** Each expression can be evaluated after those before it: whatever must be bound is. Unbound vars remain only
 *   where evaluation binds them (operands of refs, patterns of `eq`, output arguments). Bodies of comprehensions, `every`
 *   and `not` likewise, closing over what is bound outside.
 * - **not.** A `negated` expression binds nothing; what was hoisted from it stands before it, outside of the negation.
 *   `not` bodies (kind `not`) keep it inside. Both may have `with`.
 * - **every.** `key` may be undefined; `key` and `value` are vars bound by it. Domain is a scalar, var or literal.
 * - **Else** chains are intact, each with a whole head of its own (same ref, args with own names).
 * - **Default** rules have one generated body `true`; a default function's args are vars.
 * - Template strings are calls of `internal.template_string`, `print` of `internal.print`: an array of strings and of set
 *   comprehensions, which are empty where their expression is undefined.
 */
export interface CompiledRule {
  readonly rule: Rule;
  readonly module: Module;
  /** The string prefix of its ref below `data`. */
  readonly path: readonly string[];
  /** What follows: `p[x].q` has `x` and `"q"`. Empty for complete rules, functions and plain partial sets. */
  readonly suffix: readonly Term[];
  /** `set`: a multi-value rule, its key in `rule.head.key`. */
  readonly kind: "complete" | "function" | "set";
  /** Its place among the rules of the module. */
  readonly index: number;
}

/**
 * A place below `data`: the rules with exactly this string prefix, in module order, and the places below. Packages without rules are
 * there too, as their document is `{}`. Immutable: while nothing has changed at or below a place, it is the same object.
 */
export interface RuleNode {
  readonly path: readonly string[];
  readonly rules: readonly CompiledRule[];
  /** Those with rules in the order of their first rule, then those with only packages in the order of the first module. */
  readonly children: RuleChildren;
  /** The modules of this package, in their order. */
  readonly packages: readonly Module[];
  /** True when the node has a value of its own, as all have but functions. */
  readonly isDocument: boolean;
  /** How many keys the longest constant path from here to a rule has. */
  readonly height: number;
  /** The first rule at or below the node, or else the first module with its package there. */
  readonly first: { readonly module: Module; readonly index: number } | undefined;
  readonly hasRules: boolean;
}

/** The places one key below another. */
export type RuleChildren = Pick<
  ReadonlyMap<string, RuleNode>,
  "get" | "size" | "keys" | "values" | typeof Symbol.iterator
>;

export interface Compiled {
  /** As parsed, sorted by file. */
  readonly modules: readonly Module[];
  readonly root: RuleNode;
  /** Arguments of each user function, by its dotted path `data.pkg.f` (`refText` where a key is no word). */
  readonly arities: Pick<ReadonlyMap<string, number>, "get">;
  /** The signatures of the builtins that modules and queries may call. */
  readonly builtin: (name: string) => BuiltinSignature | undefined;
  /** The author's names of generated locals, per module: for explain output and messages. */
  readonly written: Pick<ReadonlyMap<Module, ReadonlyMap<string, string>>, "get">;
}

/** An ad-hoc query, ready to be planned. */
export interface CompiledQuery {
  readonly body: Body;
  /** The variables whose values make up a binding, as written, in order of first use. */
  readonly variables: readonly { readonly name: string; readonly local: string }[];
  /**
   * With the option `captureValues`: per written expression, the local that holds its value. Undefined where the value can only
   * be true (assignments, unifications, negations, `every`, `some`).
   */
  readonly captures: readonly (string | undefined)[];
  /** The author's names of generated locals. */
  readonly written: ReadonlyMap<string, string>;
}

/** The node at a path, if any rule lies there or below. */
export function findNode(root: RuleNode, path: readonly string[]): RuleNode | undefined {
  let node: RuleNode | undefined = root;
  for (const key of path) node = node?.children.get(key);
  return node;
}

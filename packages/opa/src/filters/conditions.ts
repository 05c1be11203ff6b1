import type { Body, Location, PartialResult, Ref, Term, Value } from "@sallyport/rego";
import { bodyText, parseJson, refText } from "@sallyport/rego";
import type { Feature, Target } from "./targets.ts";

/** What must hold of a row, by UCAST's names: fields compared with values or with other fields, and compounds of those. */
export type Condition =
  | { readonly kind: "field"; readonly operator: string; readonly field: Field; readonly value: Operand }
  | { readonly kind: "compound"; readonly operator: "and" | "or" | "not"; readonly conditions: readonly Condition[] };

/** `input.fruits.price` is the column `price` of `fruits`. */
export interface Field {
  readonly table: string;
  readonly column: string;
}

export type Operand =
  | { readonly kind: "field"; readonly field: Field }
  | { readonly kind: "value"; readonly value: Value; readonly term: Term };

/** Something of a policy that no filter can say. */
export interface FilterFault {
  readonly message: string;
  readonly loc: Location | undefined;
  readonly hint?: string;
}

/** `always` needs no filter, `never` has none. */
export type Filter = "always" | "never" | Condition;

/** What of a policy was left to be known is made a filter, if all targets can say it. */
export function filterOf(
  { queries }: Pick<PartialResult, "queries">,
  targets: readonly Target[],
): { readonly filter: Filter } | { readonly faults: readonly FilterFault[] } {
  if (queries.length === 0) return { filter: "never" };
  const reader = new ConditionReader(targets);
  const read = queries.map((body) => reader.body(body));
  if (reader.faults.length > 0) return { faults: reader.faults };
  if (read.some((conditions) => conditions.length === 0)) return { filter: "always" };
  return {
    filter: compound(
      "or",
      read.map((conditions) => compound("and", conditions)),
    ),
  };
}

function compound(operator: "and" | "or", conditions: readonly Condition[]): Condition {
  const [first] = conditions;
  return conditions.length === 1 && first !== undefined ? first : { kind: "compound", operator, conditions };
}

type Expr = Body[number];

/** By builtin; what it is when its operands change places. */
const operators: {
  readonly [name: string]: { readonly name: string; readonly turned?: string; readonly needs?: Feature };
} = {
  eq: { name: "eq", turned: "eq" },
  equal: { name: "eq", turned: "eq" },
  neq: { name: "ne", turned: "ne" },
  lt: { name: "lt", turned: "gt" },
  lte: { name: "lte", turned: "gte" },
  gt: { name: "gt", turned: "lt" },
  gte: { name: "gte", turned: "lte" },
  startswith: { name: "startswith", needs: "startswith" },
  endswith: { name: "endswith", needs: "endswith" },
  contains: { name: "contains", needs: "contains" },
  "internal.member_2": { name: "in", needs: "in" },
};

class ConditionReader {
  readonly faults: FilterFault[] = [];
  readonly #targets: readonly Target[];

  constructor(targets: readonly Target[]) {
    this.#targets = targets;
  }

  body(body: Body): readonly Condition[] {
    return body.flatMap((expr) => this.#expr(expr) ?? []);
  }

  #expr(expr: Expr): Condition | undefined {
    const { terms } = expr;
    if (expr.with.length > 0) return this.#fault(expr.loc, '"with" not permitted');
    switch (terms.kind) {
      case "term":
        return this.#term(expr, terms.term);
      case "call": {
        const isNegatable = !expr.negated || this.#needs("not", expr.loc, '"not" not permitted', true);
        const condition = this.#call(expr, terms.operator, terms.args);
        if (condition === undefined || !isNegatable) return undefined;
        return expr.negated ? { kind: "compound", operator: "not", conditions: [condition] } : condition;
      }
      default:
        return this.#fault(expr.loc, `"${terms.kind}" not permitted`);
    }
  }

  #term(expr: Expr, term: Term): undefined {
    if (expr.negated) return this.#fault(expr.loc, '"not" not permitted');
    const text = bodyText([expr]);
    if (term.kind === "ref" && isUnder(term, "data"))
      return this.#fault(expr.loc, `invalid data reference "${text}"`, `has rule "${text}" an \`else\`?`);
    return this.#fault(expr.loc, `invalid statement "${text}"`, `try \`${text} != false\``);
  }

  #call(whole: Expr, operator: Ref, args: readonly Term[]): Condition | undefined {
    const builtin = refText(operator);
    // As OPA, which finds all but equality at its sign or name.
    const expr = builtin === "eq" ? whole : { ...whole, loc: operator.loc };
    const known = Object.hasOwn(operators, builtin) ? operators[builtin] : undefined;
    const shown = builtin === "internal.member_2" ? "in" : builtin;
    if (known === undefined) return this.#fault(expr.loc, `invalid builtin \`${shown}\``);
    if (known.needs !== undefined && !this.#needs(known.needs, expr.loc, `invalid builtin \`${shown}\``))
      return undefined;
    const [left, right] = args as readonly [Term, Term];
    for (const each of [left, right]) if (!this.#isOperand(expr, builtin, each)) return undefined;
    return this.#comparison(expr, builtin, known, left, right);
  }

  /** Refs must name a column of a table. */
  #isOperand({ loc }: Expr, builtin: string, term: Term): boolean {
    const name = builtin === "equal" ? "eq" : builtin;
    if (term.kind === "call") {
      const text = bodyText([
        {
          kind: "expr",
          loc,
          negated: false,
          with: [],
          terms: { kind: "call", operator: term.operator, args: term.args },
        },
      ]);
      this.#fault(loc, `${name}: nested call operand: ${text}`);
      return false;
    }
    if (term.kind !== "ref") return true;
    if (isUnder(term, "data")) {
      const text = refText(term).replace(/^data\.partial\./, "data.");
      this.#fault(undefined, `invalid data reference "${text}"`, `has rule "${text}" an \`else\`?`);
      return false;
    }
    if (fieldOf(term) !== undefined) return true;
    this.#fault(loc, `${name}: invalid ref operand: ${refText(term)}`);
    return false;
  }

  #comparison(
    expr: Expr,
    builtin: string,
    { name, turned }: { readonly name: string; readonly turned?: string },
    left: Term,
    right: Term,
  ): Condition | undefined {
    const [a, b] = [fieldOf(left), fieldOf(right)];
    if (a !== undefined && b !== undefined) {
      if (turned === undefined) return this.#fault(expr.loc, `rhs of ${builtin} must be known`);
      if (!this.#needs("field-ref", expr.loc, "reference to field", true)) return undefined;
      return { kind: "field", operator: name, field: a, value: { kind: "field", field: b } };
    }
    if (turned === undefined && b !== undefined) return this.#fault(expr.loc, `rhs of ${builtin} must be known`);
    const [field, other] = a === undefined ? ([b, left] as const) : ([a, right] as const);
    const isCollection = name === "in" && (other.kind === "array" || other.kind === "set");
    const isValue = isCollection || isScalar(other);
    if (field !== undefined && !isValue && !this.#needs("existence-ref", expr.loc, "existence of field", true))
      return undefined;
    if (field === undefined || !isValue) return this.#fault(expr.loc, "both rhs and lhs non-scalar/non-ground");
    const operator = a === undefined ? (turned ?? name) : name;
    return { kind: "field", operator, field, value: { kind: "value", value: termValue(other), term: other } };
  }

  /** True when all targets have a feature; else `doing` is the fault, and which have it not. */
  #needs(feature: Feature, loc: Location, doing: string, isNamed: boolean = false): boolean {
    const without = this.#targets.filter(({ can }) => !can.has(feature));
    if (without.length === 0) return true;
    const what = isNamed ? `unsupported feature "${feature}"` : "unsupported";
    this.#fault(loc, `${doing}: ${without.map(({ name }) => `${what} for ${name}`).join("\n")}`);
    return false;
  }

  #fault(loc: Location | undefined, message: string, hint?: string): undefined {
    this.faults.push({ message, loc, ...(hint !== undefined && { hint }) });
  }
}

function isUnder({ terms: [head] }: Ref, root: string): boolean {
  return head?.kind === "var" && head.name === root;
}

function fieldOf(term: Term): Field | undefined {
  if (term.kind !== "ref" || !isUnder(term, "input") || term.terms.length !== 3) return undefined;
  const [, table, column] = term.terms as readonly [Term, Term, Term];
  return table.kind === "string" && column.kind === "string" ? { table: table.value, column: column.value } : undefined;
}

function isScalar({ kind }: Term): boolean {
  return kind === "null" || kind === "boolean" || kind === "number" || kind === "string";
}

/** As short as it can be written; what a double cannot hold stays as it was. */
function numberOf(text: string): Value {
  const exact = parseJson(text);
  return typeof exact === "number" || Number.isSafeInteger(Number(text)) ? Number(text) : exact;
}

function termValue(term: Term): Value {
  switch (term.kind) {
    case "null":
      return null;
    case "boolean":
    case "string":
      return term.value;
    case "number":
      return numberOf(term.text);
    case "array":
      return term.items.map(termValue);
    case "set":
      return term.items.map(termValue);
    default:
      return null;
  }
}

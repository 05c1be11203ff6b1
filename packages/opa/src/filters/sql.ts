import type { Term } from "@sallyport/rego";
import type { Condition, Field, Filter } from "./conditions.ts";
import type { Mappings } from "./mappings.ts";
import type { Target } from "./targets.ts";

/** A filter that SQL cannot say. */
export class SqlError extends Error {}

type Dialect = Exclude<Target["family"], "ucast">;

/** A filter as the condition of a query, `WHERE fruits.name = 'a'`; empty for one that holds always. Throws `SqlError`. */
export function sqlOf(filter: Exclude<Filter, "never">, dialect: Dialect, mappings: Mappings): string {
  return filter === "always" ? "" : `WHERE ${new SqlWriter(dialect, mappings).condition(filter)}`;
}

const comparisons: { readonly [operator: string]: string } = {
  eq: "=",
  ne: "<>",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
};

/** Names that need no quotes. */
const plain = /^[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*$/;

const prefixes: { readonly [dialect in Dialect]: string } = { postgresql: "E", sqlserver: "N", mysql: "", sqlite: "" };

/** What texts are written with in all but SQLite. */
const escapes: { readonly [character: string]: string } = {
  "\0": "\\0",
  "\b": "\\b",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\x1a": "\\Z",
  "'": "\\'",
  '"': '\\"',
  "\\": "\\\\",
};

class SqlWriter {
  readonly #dialect: Dialect;
  readonly #mappings: Mappings;

  constructor(dialect: Dialect, mappings: Mappings) {
    this.#dialect = dialect;
    this.#mappings = mappings;
  }

  condition(condition: Condition): string {
    if (condition.kind === "compound") {
      const written = condition.conditions.map((each) => this.condition(each));
      if (condition.operator === "not") return `NOT ${written.join("")}`;
      return `(${written.join(` ${condition.operator.toUpperCase()} `)})`;
    }
    const { operator, field, value } = condition;
    const left = this.#field(field);
    if (value.kind === "field") return `${left} ${comparisons[operator]} ${this.#field(value.field)}`;
    return this.#comparison(left, operator, value.term);
  }

  #comparison(left: string, operator: string, term: Term): string {
    switch (operator) {
      case "in":
        return this.#membership(left, term);
      case "startswith":
        return `${left} LIKE ${this.#text(`${likeText(term)}%`)}`;
      case "endswith":
        return `${left} LIKE ${this.#text(`%${likeText(term)}`)}`;
      case "contains":
        return `${left} LIKE ${this.#text(`%${likeText(term)}%`)}`;
    }
    if (term.kind !== "null") return `${left} ${comparisons[operator]} ${this.#value(term)}`;
    if (operator === "eq") return `${left} IS NULL`;
    if (operator === "ne") return `${left} IS NOT NULL`;
    throw new SqlError("null value can only be used with 'eq' or 'ne' operators");
  }

  #membership(left: string, term: Term): string {
    if (term.kind !== "array" && term.kind !== "set")
      throw new SqlError("field operator 'in' requires collection argument");
    if (term.items.length === 0) return "0 = 1";
    return `${left} IN (${term.items.map((item) => this.#value(item)).join(", ")})`;
  }

  /** Numbers are texts as they were written: the database makes of them what the column is. */
  #value(term: Term): string {
    switch (term.kind) {
      case "null":
        return "NULL";
      case "boolean":
        return term.value ? "TRUE" : "FALSE";
      case "number":
        return this.#text(term.text);
      case "string":
        return this.#text(term.value);
      default:
        throw new SqlError("go-sqlbuilder: unsupported args when interpolating: only byte slices are supported");
    }
  }

  #text(text: string): string {
    if (this.#dialect === "sqlite") return `'${text.replaceAll("'", "''").replaceAll("\0", "'||char(0)||'")}'`;
    const inside = [...text].map((character) => escapes[character] ?? character).join("");
    return `${prefixes[this.#dialect]}'${inside}'`;
  }

  #field(field: Field): string {
    const { table, column } = this.#mappings.mapped(field);
    return `${this.#name(table)}.${this.#name(column)}`;
  }

  #name(name: string): string {
    if (plain.test(name)) return name;
    const quote = this.#dialect === "mysql" ? "`" : '"';
    return quote + name.replaceAll(quote, quote + quote) + quote;
  }
}

/** What `LIKE` would take for a pattern is taken as it is. */
function likeText(term: Term): string {
  const text = term.kind === "string" ? term.value : "";
  return text.replaceAll(/[\\%_]/g, "\\$&");
}

import { labelKey, labelValue } from "./kinds/formats.ts";
import { StatusError } from "./status.ts";

export type Labels = { readonly [key: string]: string };

export type LabelSelector = (labels: Labels) => boolean;

/** `app=web,tier in (a,b),!old`. Throws `BadRequest` in k8s.io/apimachinery's words for what is no selector. */
export function parseLabelSelector(text: string): LabelSelector {
  const requirements = new Parser(text).parse();
  return (labels) => requirements.every((holds) => holds(labels));
}

interface Token {
  readonly kind: "identifier" | "end" | "symbol" | "word";
  /** As it stands in the text; nothing at its end. */
  readonly text: string;
}

/** Symbols and names. `in` and `notin` are words where an operator may stand, and names elsewhere. */
function tokensOf(text: string): readonly Token[] {
  const found = [...text.matchAll(/[=!]?=|[!(),<>]|[^\s=!(),<>]+/g)].map(([token]): Token => {
    if (/^[=!(),<>]/.test(token)) return { kind: "symbol", text: token };
    return { kind: token === "in" || token === "notin" ? "word" : "identifier", text: token };
  });
  return [...found, { kind: "end", text: "" }];
}

const operators: readonly string[] = ["in", "notin", "=", "==", "!=", ">", "<"];

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  parse(): readonly LabelSelector[] {
    const found: LabelSelector[] = [];
    if (this.#peek().kind === "end") return found;
    if (!this.#isStart()) throw this.#fault("!, identifier, or 'end of string'");
    for (;;) {
      found.push(this.#requirement());
      if (this.#peek().kind === "end") return found;
      if (this.#peek().text !== ",") throw this.#fault("',' or 'end of string'");
      this.#at++;
      if (!this.#isStart()) throw this.#fault("identifier after ','");
    }
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] as Token;
  }

  #isStart(): boolean {
    return this.#peek().kind === "identifier" || this.#peek().text === "!";
  }

  #requirement(): LabelSelector {
    const isAbsence = this.#takes("!");
    const { kind, text: key } = this.#peek();
    if (kind !== "identifier") throw this.#fault("identifier", requirement);
    this.#at++;
    const [fault] = labelKey(key);
    if (fault !== undefined) throw refusal(`${requirement}<nil>: Invalid value: ${JSON.stringify(key)}: ${fault}`);
    if (isAbsence) return (labels) => labels[key] === undefined;
    if (this.#peek().kind === "end" || this.#peek().text === ",") return (labels) => labels[key] !== undefined;
    const operator = this.#peek().text;
    if (!operators.includes(operator)) throw this.#fault("in, notin, =, ==, !=, gt, lt", requirement);
    this.#at++;
    const values = operator === "in" || operator === "notin" ? this.#values() : [this.#value()];
    checkValues(key, operator, values);
    return holding(key, operator, values);
  }

  #takes(symbol: string): boolean {
    const isThere = this.#peek().text === symbol;
    if (isThere) this.#at++;
    return isThere;
  }

  #value(): string {
    const { kind, text } = this.#peek();
    if (kind === "end" || text === ",") return "";
    if (kind === "symbol") throw this.#fault("identifier", requirement);
    this.#at++;
    return text;
  }

  #values(): readonly string[] {
    if (!this.#takes("(")) throw refusal(`${requirement}found '${this.#peek().text}' expected: '('`);
    if (this.#takes(")")) return [""];
    const found = new Set<string>();
    if (this.#peek().kind === "symbol" && this.#peek().text !== ",")
      throw this.#fault("',', ')' or identifier", requirement);
    for (;;) {
      const { kind, text } = this.#peek();
      if (kind === "identifier" || kind === "word") {
        this.#at++;
        found.add(text);
      } else found.add("");
      if (this.#takes(")")) return [...found].sort();
      if (!this.#takes(",")) throw this.#fault("',' or ')'", requirement);
    }
  }

  #fault(expected: string, prefix = ""): StatusError {
    return refusal(`${prefix}found '${this.#peek().text}', expected: ${expected}`);
  }
}

const requirement = "unable to parse requirement: ";

function refusal(message: string): StatusError {
  return new StatusError("BadRequest", message);
}

function checkValues(key: string, operator: string, values: readonly string[]): void {
  const faults = values.flatMap((value, i) => {
    const shown = JSON.stringify(value);
    if (operator === ">" || operator === "<")
      return /^[+-]?\d+$/.test(value)
        ? []
        : [`values[${i}]: Invalid value: ${shown}: for 'Gt', 'Lt' operators, the value must be an integer`];
    const why = labelValue(value);
    return why.length === 0 ? [] : [`values[${i}][${key}]: Invalid value: ${shown}: ${why.join("; ")}`];
  });
  if (faults.length === 0) return;
  throw refusal(`${requirement}${faults.length === 1 ? faults[0] : `[${faults.join(", ")}]`}`);
}

function holding(key: string, operator: string, values: readonly string[]): LabelSelector {
  const wanted = new Set(values);
  const bound = Number(values[0]);
  switch (operator) {
    case "in":
    case "=":
    case "==":
      return (labels) => labels[key] !== undefined && wanted.has(labels[key]);
    case ">":
      return (labels) => /^[+-]?\d+$/.test(labels[key] ?? "") && Number(labels[key]) > bound;
    case "<":
      return (labels) => /^[+-]?\d+$/.test(labels[key] ?? "") && Number(labels[key]) < bound;
    default:
      return (labels) => labels[key] === undefined || !wanted.has(labels[key]);
  }
}

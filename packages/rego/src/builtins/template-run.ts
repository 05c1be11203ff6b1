import { overLimit } from "../run/errors.ts";
import { isObject, lookup } from "../value/access.ts";
import { sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { goQuote } from "./go-quote.ts";
import { templateFunctions } from "./template-functions.ts";
import {
  type Command,
  type Operand,
  type Pipe,
  rootName,
  type TemplateList,
  type TemplateNode,
  type Templates,
} from "./template-tree.ts";
import { GoNumber, type GoValue, goInteger, goText, goType, isTruthy, missing } from "./template-values.ts";

/** Executes a template with a document. Throws `BuiltinError` in the words of text/template. */
export function runTemplate(source: string, templates: Templates, data: Value): string {
  const run = new TemplateRun(source, templates);
  run.template(rootName, data, 0);
  return run.output;
}

/** Templates within templates; Go allows more than a JavaScript stack holds. */
const maxDepth = 500;

/** Characters of output, so that nested ranges end. */
const maxOutput = 16_000_000;

/** Nodes that run, so that ranges which write little or nothing end too: a second's work. */
const maxSteps = 2_000_000;

type Variables = { readonly name: string; readonly value: GoValue; readonly isItem: boolean }[];

class TemplateRun {
  output = "";
  #steps = 0;
  readonly #source: string;
  readonly #templates: Templates;
  #name = rootName;
  #variables: Variables = [];
  #depth = 0;
  /** The dot is an item of a list or a map, which Go knows as an `interface {}`: other values by their types. */
  #isItem = false;

  constructor(source: string, templates: Templates) {
    this.#source = source;
    this.#templates = templates;
  }

  template(name: string, dot: GoValue, depth: number): void {
    const [outerName, outerVariables] = [this.#name, this.#variables];
    this.#name = name;
    this.#variables = [{ name: "$", value: dot, isItem: false }];
    this.#depth = depth;
    this.#within(false, () => this.#list(this.#templates.get(name) as TemplateList, dot));
    this.#name = outerName;
    this.#variables = outerVariables;
    this.#depth = depth - 1;
  }

  #fault(at: number, text: string, message: string): BuiltinError {
    const before = this.#source.slice(0, at);
    const bytes = new TextEncoder().encode(before.slice(before.lastIndexOf("\n") + 1)).length;
    const place = `${rootName}:${before.split("\n").length}:${bytes}`;
    return new BuiltinError(`template: ${place}: executing ${goQuote(this.#name)} at <${text}>: ${message}`);
  }

  /** How the list ended, where a loop must know. */
  #list(nodes: TemplateList, dot: GoValue): "break" | "continue" | undefined {
    if ((this.#steps += nodes.length + 1) > maxSteps) throw overLimit("too many steps of a template");
    for (const node of nodes) {
      const end = this.#node(node, dot);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #write(text: string): void {
    this.output += text;
    if (this.output.length > maxOutput) throw overLimit(`a template that writes more than ${maxOutput} characters`);
  }

  #node(node: TemplateNode, dot: GoValue): "break" | "continue" | undefined {
    switch (node.kind) {
      case "text":
        this.#write(node.text);
        return undefined;
      case "action": {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.names.length === 0)
          this.#write(value === missing || value === null ? "<undefined>" : goText(value));
        return undefined;
      }
      case "template":
        this.#call(node, dot);
        return undefined;
      case "range":
        return this.#scoped(() => this.#range(node, dot));
      case "if":
      case "with":
        return this.#scoped(() => {
          const value = this.#pipe(node.pipe, dot);
          if (!isTruthy(value)) return this.#list(node.otherwise, dot);
          if (node.kind === "if") return this.#list(node.body, dot);
          return this.#within(false, () => this.#list(node.body, value));
        });
      default:
        return node.kind;
    }
  }

  #scoped<Result>(run: () => Result): Result {
    const size = this.#variables.length;
    const result = run();
    this.#variables.length = size;
    return result;
  }

  /** Runs what has a dot of its own. */
  #within<Result>(isItem: boolean, run: () => Result): Result {
    const outer = this.#isItem;
    this.#isItem = isItem;
    const result = run();
    this.#isItem = outer;
    return result;
  }

  #call({ name, pipe, at, text }: TemplateNode & { readonly kind: "template" }, dot: GoValue): void {
    if (!this.#templates.has(name)) throw this.#fault(at, text, `template ${goQuote(name)} not defined`);
    if (this.#depth >= maxDepth) throw this.#fault(at, text, `exceeded maximum template depth (${maxDepth})`);
    this.template(name, pipe === undefined ? missing : this.#pipe(pipe, dot), this.#depth + 1);
  }

  #range(
    { pipe, body, otherwise }: Extract<TemplateNode, { readonly body: TemplateList }>,
    dot: GoValue,
  ): "break" | "continue" | undefined {
    const value = this.#pipe({ ...pipe, names: [] }, dot);
    const entries = this.#entries(value, pipe);
    if (entries.length === 0) return this.#list(otherwise, dot);
    const isItem = !(value instanceof GoNumber);
    for (const [key, item] of entries) {
      const end = this.#scoped(() => {
        this.#bind(pipe, pipe.names.length === 1 ? [item] : [key, item], isItem);
        return this.#within(isItem, () => this.#list(body, item));
      });
      if (end === "break") break;
    }
    return undefined;
  }

  #entries(value: GoValue, { commands }: Pipe): readonly (readonly [GoValue, GoValue])[] {
    if (value === missing || value === null) return [];
    if (Array.isArray(value)) return (value as readonly Value[]).map((item, i) => [goInteger(i), item] as const);
    if (value instanceof GoNumber && value.isInteger && value.value <= maxOutput)
      return Array.from({ length: Math.max(0, Number(value.value)) }, (_, i) => [goInteger(i), goInteger(i)] as const);
    if (!(value instanceof GoNumber) && isObject(value)) return sortedEntries(value);
    const { at, text } = commands[0] as Command;
    throw this.#fault(at, text, `range can't iterate over ${goText(value)}`);
  }

  /** `hasItem`: the last of them is an item. */
  #bind({ names, isAssignment }: Pipe, values: readonly GoValue[], hasItem: boolean): void {
    for (const [i, name] of names.entries()) {
      const bound = { name, value: values[i] as GoValue, isItem: hasItem && i === names.length - 1 };
      const known = isAssignment ? this.#variables.findLastIndex((each) => each.name === name) : -1;
      if (known >= 0) this.#variables[known] = bound;
      else this.#variables.push(bound);
    }
  }

  #pipe(pipe: Pipe, dot: GoValue): GoValue {
    let value: GoValue | undefined;
    for (const command of pipe.commands) value = this.#command(command, dot, value);
    this.#bind(pipe, [value as GoValue], false);
    return value as GoValue;
  }

  #command(command: Command, dot: GoValue, final: GoValue | undefined): GoValue {
    const [first, ...rest] = command.args as readonly [Operand, ...Operand[]];
    if (first.kind === "function") return this.#function(first, command, rest, dot, final);
    if (rest.length > 0 || final !== undefined) {
      const field = "fields" in first ? first.fields.at(-1) : undefined;
      if (field !== undefined) throw this.#fault(first.at, first.text, `${field} is not a method but has arguments`);
      throw this.#fault(first.at, first.text, `can't give argument to non-function ${first.text}`);
    }
    if (first.kind === "nil") throw this.#fault(first.at, first.text, "nil is not a command");
    return this.#value(first, dot);
  }

  #value(operand: Operand, dot: GoValue): GoValue {
    switch (operand.kind) {
      case "dot":
        return dot;
      case "nil":
        return missing;
      case "field":
        return this.#fields(operand, dot, this.#isItem);
      case "variable": {
        const { value, isItem } = this.#variables.findLast(({ name }) => name === operand.name) as Variables[number];
        return this.#fields(operand, value, isItem);
      }
      case "pipe":
        return this.#fields(
          operand,
          this.#scoped(() => this.#pipe(operand.pipe, dot)),
          false,
        );
      case "number":
        if (operand.value === undefined) throw this.#fault(operand.at, operand.text, `${operand.text} overflows int`);
        return new GoNumber(operand.value);
      case "function":
        return this.#command({ args: [operand], at: operand.at, text: operand.text }, dot, undefined);
      default:
        return operand.value;
    }
  }

  #fields(
    { fields, at, text }: Operand & { readonly fields: readonly string[] },
    from: GoValue,
    isItem: boolean,
  ): GoValue {
    return fields.reduce((value: GoValue, name, i): GoValue => {
      const hidesType = isItem || i > 0;
      if (value === missing || (value === null && !hidesType)) return missing;
      if (value === null) throw this.#fault(at, text, `nil pointer evaluating interface {}.${name}`);
      if (value instanceof GoNumber || !isObject(value)) {
        const type = hidesType ? "interface {}" : goType(value);
        throw this.#fault(at, text, `can't evaluate field ${name} in type ${type}`);
      }
      const found = lookup(value, name);
      return found === undefined ? missing : found;
    }, from);
  }

  #function(
    { name, at, text }: Operand & { readonly kind: "function" },
    command: Command,
    operands: readonly Operand[],
    dot: GoValue,
    final: GoValue | undefined,
  ): GoValue {
    const last: readonly GoValue[] = final === undefined ? [] : [final];
    const count = operands.length + last.length;
    const fails = (wanted: string): BuiltinError =>
      this.#fault(at, text, `wrong number of args for ${name}: want ${wanted} got ${count}`);
    if (name === "and" || name === "or") {
      if (count === 0) throw fails("at least 1");
      return this.#firstOf(name, operands, dot, last);
    }
    if (name === "call") {
      if (count === 0) throw fails("at least 1");
      const callee = operands[0] as Operand;
      const type = goType(this.#value(callee, dot));
      throw this.#fault(command.at, command.text, `error calling call: non-function ${callee.text} of type ${type}`);
    }
    const { least, most, call } = templateFunctions[name] as (typeof templateFunctions)[string];
    if (count < least || count > most) throw fails(least === most ? String(least) : `at least ${least}`);
    const args: readonly GoValue[] = [...operands.map((each) => this.#value(each, dot)), ...last];
    try {
      return call(args);
    } catch (error) {
      if (!(error instanceof BuiltinError)) throw error;
      throw this.#fault(command.at, command.text, `error calling ${name}: ${error.message}`);
    }
  }

  /** The first operand that decides; later ones are not evaluated. */
  #firstOf(name: "and" | "or", operands: readonly Operand[], dot: GoValue, last: readonly GoValue[]): GoValue {
    let value: GoValue = missing;
    for (const operand of operands) {
      value = this.#value(operand, dot);
      if (isTruthy(value) === (name === "or")) return value;
    }
    return last[0] ?? value;
  }
}

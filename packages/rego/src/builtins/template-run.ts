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
  type Place,
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
  /** What is evaluated, or was last. */
  #current: Place = { at: 0, text: "" };

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

  /** At what was evaluated last. */
  #fault(message: string): BuiltinError {
    const { at, text } = this.#current;
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

  #call(node: TemplateNode & { readonly kind: "template" }, dot: GoValue): void {
    const { name, pipe } = node;
    this.#current = node;
    if (!this.#templates.has(name)) throw this.#fault(`template ${goQuote(name)} not defined`);
    if (this.#depth >= maxDepth) throw this.#fault(`exceeded maximum template depth (${maxDepth})`);
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

  #entries(value: GoValue, { names }: Pipe): readonly (readonly [GoValue, GoValue])[] {
    if (value === missing || value === null) return [];
    if (Array.isArray(value)) return (value as readonly Value[]).map((item, i) => [goInteger(i), item] as const);
    if (!(value instanceof GoNumber) && isObject(value)) return sortedEntries(value);
    if (!(value instanceof GoNumber) || !value.isInteger || value.value > maxOutput)
      throw this.#fault(`range can't iterate over ${goText(value)}`);
    if (names.length > 1) throw this.#fault(`can't use ${goText(value)} to iterate over more than one variable`);
    return Array.from({ length: Math.max(0, Number(value.value)) }, (_, i) => [goInteger(i), goInteger(i)] as const);
  }

  /** `hasItem`: the last of them is an item. */
  #bind({ names, isAssignment }: Pipe, values: readonly GoValue[], hasItem: boolean): void {
    for (const [i, name] of names.entries()) {
      const bound = { name, value: values[i] as GoValue, isItem: hasItem && i === names.length - 1 };
      if (!isAssignment) this.#variables.push(bound);
      else this.#variables[this.#variableAt(name)] = bound;
    }
  }

  #variableAt(name: string): number {
    const at = this.#variables.findLastIndex((each) => each.name === name);
    // One that is set within its own declaration is none yet.
    if (at < 0) throw this.#fault(`undefined variable: ${name}`);
    return at;
  }

  #pipe(pipe: Pipe, dot: GoValue): GoValue {
    this.#current = pipe;
    let value: GoValue | undefined;
    for (const command of pipe.commands) value = this.#command(command, dot, value);
    this.#bind(pipe, [value as GoValue], false);
    return value as GoValue;
  }

  #command(command: Command, dot: GoValue, final: GoValue | undefined): GoValue {
    const [first, ...rest] = command.args as readonly [Operand, ...Operand[]];
    const hasArguments = rest.length > 0 || final !== undefined;
    if (first.kind === "function") {
      this.#current = first;
      return this.#function(first, command, rest, dot, final);
    }
    if ("fields" in first && first.fields.length > 0) return this.#value(first, dot, hasArguments);
    // A pipe is at its own parts.
    if (first.kind !== "pipe") this.#current = first;
    if (hasArguments) throw this.#fault(`can't give argument to non-function ${first.text}`);
    if (first.kind === "nil") throw this.#fault("nil is not a command");
    return this.#value(first, dot);
  }

  #value(operand: Operand, dot: GoValue, hasArguments = false): GoValue {
    if (operand.kind !== "pipe") this.#current = operand;
    switch (operand.kind) {
      case "dot":
        return dot;
      case "nil":
        return missing;
      case "field":
        return this.#fields(operand.fields, dot, this.#isItem, hasArguments);
      case "variable": {
        const { value, isItem } = this.#variables[this.#variableAt(operand.name)] as Variables[number];
        return this.#fields(operand.fields, value, isItem, hasArguments);
      }
      case "pipe": {
        const value = this.#pipe(operand.pipe, dot);
        return this.#fields(operand.fields, value, false, hasArguments);
      }
      case "number":
        if (operand.value === undefined) throw this.#fault(`${operand.text} overflows int`);
        return new GoNumber(operand.value);
      case "function":
        return this.#command({ args: [operand], at: operand.at, text: operand.text }, dot, undefined);
      default:
        return operand.value;
    }
  }

  #fields(fields: readonly string[], from: GoValue, isItem: boolean, hasArguments: boolean): GoValue {
    return fields.reduce((value: GoValue, name, i): GoValue => {
      const hidesType = isItem || i > 0;
      if (value === missing || (value === null && !hidesType)) return missing;
      if (value === null) throw this.#fault(`nil pointer evaluating interface {}.${name}`);
      if (value instanceof GoNumber || !isObject(value))
        throw this.#fault(`can't evaluate field ${name} in type ${hidesType ? "interface {}" : goType(value)}`);
      if (hasArguments && i === fields.length - 1) throw this.#fault(`${name} is not a method but has arguments`);
      const found = lookup(value, name);
      return found === undefined ? missing : found;
    }, from);
  }

  #function(
    { name }: Operand & { readonly kind: "function" },
    command: Command,
    operands: readonly Operand[],
    dot: GoValue,
    final: GoValue | undefined,
  ): GoValue {
    const last: readonly GoValue[] = final === undefined ? [] : [final];
    const count = operands.length + last.length;
    const fails = (wanted: string): BuiltinError =>
      this.#fault(`wrong number of args for ${name}: want ${wanted} got ${count}`);
    if (name === "and" || name === "or") {
      if (count === 0) throw fails("at least 1");
      return this.#firstOf(name, operands, dot, last);
    }
    if (name === "call") {
      if (count === 0) throw fails("at least 1");
      const callee = operands[0] as Operand;
      const value = this.#value(callee, dot);
      this.#current = command;
      if (value === missing || value === null) throw this.#fault("error calling call: call of nil");
      throw this.#fault(`error calling call: non-function ${callee.text} of type ${goType(value)}`);
    }
    const { least, most, takesText, call } = templateFunctions[name] as (typeof templateFunctions)[string];
    if (count < least || count > most) throw fails(least === most ? String(least) : `at least ${least}`);
    const values = operands.map((each, i) => {
      const value = this.#value(each, dot);
      if (takesText && i === 0) this.#checkText(value, each);
      return value;
    });
    if (takesText && operands.length === 0) this.#checkText(last[0] as GoValue, undefined);
    const args: readonly GoValue[] = [...values, ...last];
    try {
      return call(args);
    } catch (error) {
      if (!(error instanceof BuiltinError)) throw error;
      this.#current = command;
      throw this.#fault(`error calling ${name}: ${error.message}`);
    }
  }

  /** `operand`: where the value is written in its place. */
  #checkText(value: GoValue, operand: Operand | undefined): void {
    if (typeof value === "string") return;
    if (operand?.kind === "nil") throw this.#fault("cannot assign nil to string");
    if (operand?.kind === "number" || operand?.kind === "boolean")
      throw this.#fault(`expected string; found ${operand.text}`);
    if (value === missing || (value === null && operand === undefined))
      throw this.#fault("invalid value; expected string");
    const type = value === null ? "interface {}" : goType(value);
    throw this.#fault(`wrong type for value; expected string; got ${type}`);
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

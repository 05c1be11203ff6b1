import { builtinCall } from "./calls.ts";
import { type Json, keys, objectDocument } from "./document.ts";
import { body, bodyWithScope } from "./literals.ts";
import { deeper, type NamedRule, type Scope, withVars } from "./scope.ts";
import { Tape } from "./tape.ts";
import { scalarText, term } from "./terms.ts";

export interface Program {
  /** A v1 module of the package that is given; all its rules are asked as one document. */
  readonly module: string;
  readonly input: Json;
  /** What lies at `data.d`. */
  readonly data: Json;
}

/** Terms inside terms; deeper ones are mostly undefined. */
const maxTermDepth = 3;
const maxRules = 4;

/** A random program. Most compile; those that do not must be refused by both sides. */
export function program(numbers: readonly number[], packageName: string): Program {
  const tape = new Tape(numbers);
  const input = objectDocument(tape);
  const data = objectDocument(tape);
  let scope: Scope = {
    tape,
    grammar: { builtinCall, body },
    vars: [],
    rules: [],
    depth: 1 + tape.below(maxTermDepth),
    wildcards: true,
    names: { next: 0 },
  };
  const rules = tape.list(
    maxRules,
    () => {
      const written = rule(scope, `r${scope.rules.length}`);
      scope = { ...scope, rules: [...scope.rules, written.named] };
      return written.text;
    },
    1,
  );
  return { module: [`package ${packageName}`, ...rules].join("\n\n"), input, data };
}

interface Written {
  readonly named: NamedRule;
  readonly text: string;
}

function rule(scope: Scope, name: string): Written {
  return scope.tape.choose<Written>([
    () => complete(scope, name),
    () => partialSet(scope, name),
    () => partialObject(scope, name),
    () => functionRule(scope, name),
    () => complete(scope, name),
    () => refHead(scope, name),
  ]);
}

function complete(scope: Scope, name: string): Written {
  const fallback = scope.tape.oneIn(3) ? `default ${name} := ${scalarText(scope)}\n\n` : "";
  const clauses = scope.tape.list(2, () => clause(scope, (value) => `${name} := ${value}`), 1);
  const otherwise = scope.tape.oneIn(4) ? clause(scope, (value) => ` else := ${value}`) : "";
  return { named: { name, kind: "complete", arity: 0 }, text: fallback + clauses.join("\n\n") + otherwise };
}

function partialSet(scope: Scope, name: string): Written {
  const clauses = scope.tape.list(2, () => clause(scope, (value) => `${name} contains ${value}`), 1);
  return { named: { name, kind: "set", arity: 0 }, text: clauses.join("\n\n") };
}

function partialObject(scope: Scope, name: string): Written {
  const head = (value: string, inner: Scope) => `${name}[${term(deeper(deeper(inner)))}] := ${value}`;
  const clauses = scope.tape.list(2, () => clause(scope, head), 1);
  return { named: { name, kind: "object", arity: 0 }, text: clauses.join("\n\n") };
}

function refHead(scope: Scope, name: string): Written {
  const { tape } = scope;
  const parts = (inner: Scope) =>
    tape.list(
      2,
      () => tape.choose([() => `.${tape.pick(keys.slice(0, 3))}`, () => `[${term(deeper(deeper(inner)))}]`]),
      1,
    );
  const head = (value: string, inner: Scope) =>
    tape.oneIn(3) ? `${name}${parts(inner).join("")} contains ${value}` : `${name}${parts(inner).join("")} := ${value}`;
  const clauses = tape.list(3, () => clause(scope, head), 1);
  return { named: { name, kind: "object", arity: 0 }, text: clauses.join("\n\n") };
}

function functionRule(scope: Scope, name: string): Written {
  const arity = 1 + scope.tape.below(2);
  const parameters = Array.from({ length: arity }, (_, i) => `p${i}`);
  const inner = withVars(scope, ...parameters);
  const constant = scope.tape.oneIn(4) ? [scalarText(scope), ...parameters.slice(1)] : parameters;
  const clauses = scope.tape.list(2, () => clause(inner, (value) => `${name}(${constant.join(", ")}) := ${value}`), 1);
  return { named: { name, kind: "function", arity }, text: clauses.join("\n\n") };
}

function clause(scope: Scope, head: (value: string, scope: Scope) => string): string {
  const { texts, scope: inner } = bodyWithScope(scope, 1 + scope.tape.below(3));
  const value = term(deeper(inner));
  return `${head(value, inner)} if {\n\t${texts.join("\n\t")}\n}`;
}

import { keys, scalar } from "./document.ts";
import { bodyWithScope } from "./literals.ts";
import { deeper, type NamedRule, type Scope, withVars } from "./scope.ts";
import { comprehension, scalarText, term } from "./terms.ts";

interface Written {
  readonly named: Omit<NamedRule, "path">;
  readonly text: string;
}

/** A rule with all its clauses. */
export function rule(scope: Scope, name: string): Written {
  return scope.tape.choose<Written>([
    () => complete(scope, name),
    () => partialSet(scope, name),
    () => partialObject(scope, name),
    () => functionRule(scope, name),
    () => complete(scope, name),
    () => refHead(scope, name),
    () => test(scope, name),
    () => constant(scope, name),
    () => functionRule(scope, name),
    () => partialSet(scope, name),
  ]);
}

function complete(scope: Scope, name: string): Written {
  const fallback = scope.tape.oneIn(3) ? `default ${name} := ${fallbackText(scope)}\n\n` : "";
  const rest = otherwise(scope);
  const clauses = scope.tape.list(2, () => clause(scope, (value) => `${name} := ${value}`, rest === ""), 1);
  return { named: { name, kind: "complete", arity: 0 }, text: fallback + clauses.join("\n\n") + rest };
}

function fallbackText(scope: Scope): string {
  return scope.tape.choose([
    () => scalarText(scope),
    () => `{"a": ${scalarText(scope)}}`,
    () => "[]",
    () => "set()",
    () => (scope.careful ? "1" : comprehension(deeper(scope))),
  ]);
}

function otherwise(scope: Scope): string {
  if (!scope.tape.oneIn(3)) return "";
  const head = (value: string) => (scope.tape.oneIn(4) ? " else" : ` else := ${value}`);
  const branches = scope.tape.list(3, () => clause(scope, head, false), 1);
  return branches.join("") + (scope.tape.oneIn(2) ? ` else := ${scalarText(scope)}` : "");
}

/** True or nothing. */
function test(scope: Scope, name: string): Written {
  const clauses = scope.tape.list(2, () => name + bodyText(scope, bodyWithScope(scope, 3).texts), 1);
  return { named: { name, kind: "complete", arity: 0 }, text: clauses.join("\n\n") };
}

function constant(scope: Scope, name: string): Written {
  const { tape } = scope;
  const values = tape.list(3, () => scalar(tape), 1).join(", ");
  const entries = tape.list(3, () => `"${tape.pick(keys)}": [${scalar(tape)}, ${scalar(tape)}]`).join(", ");
  return tape.choose<Written>([
    () => ({ named: { name, kind: "complete", arity: 0 }, text: `${name} := [${values}]` }),
    () => ({ named: { name, kind: "complete", arity: 0 }, text: `${name} := {${entries}}` }),
    () => ({ named: { name, kind: "set", arity: 0 }, text: `${name} := {${values}}` }),
    () => ({ named: { name, kind: "object", arity: 0 }, text: `${name}["${tape.pick(keys)}"].if := ${term(scope)}` }),
  ]);
}

function partialSet(scope: Scope, name: string): Written {
  const clauses = scope.tape.list(2, () => clause(scope, (value) => memberHead(scope, name, value)), 1);
  return { named: { name, kind: "set", arity: 0 }, text: clauses.join("\n\n") };
}

function memberHead({ dialect }: Scope, name: string, value: string): string {
  return dialect.heads ? `${name} contains ${value}` : `${name}[${value}]`;
}

function partialObject(scope: Scope, name: string): Written {
  const head = (value: string, inner: Scope) => `${name}[${term(deeper(deeper(inner)))}] := ${value}`;
  const clauses = scope.tape.list(2, () => clause(scope, head), 1);
  return { named: { name, kind: "object", arity: 0 }, text: clauses.join("\n\n") };
}

function refHead(scope: Scope, name: string): Written {
  const { tape, dialect } = scope;
  const part = (inner: Scope) =>
    tape.choose([() => `.${tape.pick(keys.slice(0, 3))}`, () => `[${term(deeper(deeper(inner)))}]`]);
  // Clauses of several shapes mostly conflict.
  const shape = () => ({ parts: 1 + tape.below(3), isSet: tape.oneIn(3) && dialect.heads });
  const shared = scope.careful ? shape() : undefined;
  const head = (value: string, inner: Scope) => {
    const { parts, isSet } = shared ?? shape();
    return `${name}${Array.from({ length: parts }, () => part(inner)).join("")} ${isSet ? "contains" : ":="} ${value}`;
  };
  const clauses = tape.list(3, () => clause(scope, head), 1);
  const fallback = tape.oneIn(8) ? `default ${name}.${tape.pick(keys.slice(0, 3))} := ${fallbackText(scope)}\n\n` : "";
  return { named: { name, kind: "object", arity: 0 }, text: fallback + clauses.join("\n\n") };
}

function functionRule(scope: Scope, plain: string): Written {
  const { tape } = scope;
  const name = tape.oneIn(6) ? `${plain}.f` : plain;
  const arity = 1 + tape.below(2);
  const parameters = Array.from({ length: arity }, (_, i) => `p${i}`);
  const inner = withVars(scope, ...parameters);
  const first = tape.choose([
    () => "p0",
    () => "p0",
    () => scalarText(scope),
    () => `[p0, _]`,
    () => `{"a": p0}`,
    () => `[[p0, ${scalarText(scope)}], {"b": _}]`,
  ]);
  const written = [first, ...parameters.slice(1)];
  const known = first.includes("p0") ? inner : withVars(scope, ...parameters.slice(1));
  const fallback = tape.oneIn(4)
    ? `default ${name}(${parameters.map(() => "_").join(", ")}) := ${fallbackText(scope)}\n\n`
    : "";
  const head = (value: string) => `${name}(${written.join(", ")})${tape.oneIn(6) ? "" : ` := ${value}`}`;
  const rest = otherwise(known);
  const clauses = tape.list(2, () => clause(known, head, rest === ""), 1);
  const text = fallback + clauses.join("\n\n") + rest;
  return { named: { name, kind: "function", arity }, text };
}

/** Bodies behind the first are clauses of their own, and cannot stand beside `else`. */
function clause(scope: Scope, head: (value: string, scope: Scope) => string, takesBodies = true): string {
  const { texts, scope: inner } = bodyWithScope(scope, 1 + scope.tape.below(3));
  const value = term(deeper(inner));
  const more =
    takesBodies && !scope.dialect.heads && scope.tape.oneIn(6)
      ? ` {\n\t${bodyWithScope(scope, 2).texts.join("\n\t")}\n}`
      : "";
  return head(value, inner) + bodyText(scope, texts) + more;
}

function bodyText({ dialect }: Scope, literals: readonly string[]): string {
  return `${dialect.heads ? " if" : ""} {\n\t${literals.join("\n\t")}\n}`;
}

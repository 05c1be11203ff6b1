import { key, keys, scalar } from "./document.ts";
import { metadataCall } from "./metadata.ts";
import type { PathKind } from "./paths.ts";
import { deeper, freshName, ground, type NamedRule, type Scope, someText, withVars } from "./scope.ts";

/** The text of any term whose variables are bound. */
export function term(scope: Scope): string {
  const { tape } = scope;
  if (scope.depth <= 0) return tape.choose([() => scalarText(scope), () => variable(scope), () => reference(scope)]);
  return tape.choose([
    () => scalarText(scope),
    () => variable(scope),
    () => variable(scope),
    () => reference(scope),
    () => reference(scope),
    () => ruleValue(scope),
    () => ruleValue(scope),
    () => `[${tape.list(3, () => term(deeper(scope))).join(", ")}]`,
    () => `{${objectItems(scope)}}`,
    () => setText(scope),
    () => scope.grammar.builtinCall(scope),
    () => scope.grammar.builtinCall(scope),
    () => `${number(scope)} ${tape.pick(["+", "-", "*", "/", "%"])} ${number(scope)}`,
    // In parentheses: what stands before a bar could be the head of a comprehension.
    () => `(${set(scope)} ${tape.pick(["|", "&", "-"])} ${set(scope)})`,
    () => comprehension(scope),
    () => comprehension(scope),
    () => templateString(scope),
    () => `(${term(deeper(scope))} ${tape.pick(["==", "<", "!=", ">="])} ${term(deeper(scope))})`,
    () => membership(scope, `${term(deeper(scope))}`),
    () => membership(scope, `${operand(deeper(scope))}, ${operand(deeper(scope))}`),
    () => literalReference(scope),
    () => (tape.oneIn(3) ? metadataCall(tape) : templateString(scope)),
  ]);
}

function membership(scope: Scope, member: string): string {
  return scope.dialect.in ? `(${member} in ${collection(scope)})` : variable(scope);
}

/** Into what is no document. */
function literalReference(scope: Scope): string {
  const inner = deeper(scope);
  const head = scope.tape.choose([
    () => `[${term(inner)}, ${term(inner)}]`,
    () => `{${objectItems(inner)}}`,
    () => setText(inner),
    () => comprehension(inner),
    () => scope.grammar.builtinCall(inner),
    () => callOf(inner),
  ]);
  return head + scope.tape.list(2, () => part(scope), 1).join("");
}

/** A term without operators at its top, which may stand beside one. */
export function operand(scope: Scope): string {
  return scope.tape.choose([
    () => scalarText(scope),
    () => variable(scope),
    () => reference(scope),
    () => ruleValue(scope),
    () => scope.grammar.builtinCall(deeper(scope)),
    () => `(${term(deeper(scope))})`,
  ]);
}

/** What arithmetic takes, or may take: a wrong constant is refused before anything is evaluated. */
export function number(scope: Scope): string {
  const numbers = [
    "1",
    "0",
    "2",
    "-1",
    "3",
    "1.5",
    "0.1",
    "1000",
    "9007199254740993",
    "7",
    "-2.5",
    `1${"0".repeat(30)}`,
  ];
  return scope.tape.choose([
    () => scope.tape.pick(numbers),
    () => documentReference(scope, "number"),
    () => documentReference(scope, "number"),
    () => documentReference(scope, "number"),
    () => (!scope.careful && scope.tape.oneIn(3) ? variable(scope) : scope.tape.pick(numbers)),
    () => `count(${collection(deeper(scope))})`,
    () => `(${number(deeper(scope))} ${scope.tape.pick(["+", "-", "*", "/", "%"])} ${number(deeper(scope))})`,
  ]);
}

function set(scope: Scope): string {
  return scope.tape.choose([
    () => setText(scope),
    () => ruleOf(scope, "set"),
    () => `{x | ${someText(scope, undefined, "x", collection(deeper(scope)))}}`,
    () => "set()",
  ]);
}

function setText(scope: Scope): string {
  return `{${scope.tape.list(3, () => term(deeper(scope)), 1).join(", ")}}`;
}

/** A term that is likely to have members. */
export function collection(scope: Scope): string {
  const { tape } = scope;
  return tape.choose([
    () => documentReference(scope, "collection"),
    () => documentReference(scope, "collection"),
    () => (scope.careful ? iterable(scope) : ruleValue(scope)),
    () => `[${tape.list(3, () => term(deeper(scope))).join(", ")}]`,
    () => `{${objectItems(scope)}}`,
    () => setText(scope),
    () => (scope.careful ? documentReference(scope, "collection") : variable(scope)),
    () => (scope.depth > 0 ? comprehension(scope) : "[1, 2]"),
  ]);
}

export function scalarText({ tape }: Scope): string {
  return scalar(tape);
}

export function variable(scope: Scope): string {
  return scope.vars.length === 0 ? scalarText(scope) : scope.tape.pick(scope.vars);
}

function objectItems(scope: Scope): string {
  const item = () => `${scope.tape.oneIn(4) ? term(deeper(scope)) : keyText(scope)}: ${term(deeper(scope))}`;
  return scope.tape.list(3, item).join(", ");
}

function keyText({ tape }: Scope): string {
  return tape.oneIn(3) ? scalar(tape) : JSON.stringify(key(tape));
}

/** Into input, base data, a rule or a variable, with bound, constant or wildcard parts. */
export function reference(scope: Scope): string {
  return scope.tape.choose([
    () => documentReference(scope),
    () => documentReference(scope),
    () => variableReference(scope),
    () => ruleReference(scope, 1),
    () => ruleReference(scope, 2),
  ]);
}

/** Into a variable; or, where its type is to be looked at, with it as the last part. */
function variableReference(scope: Scope): string {
  if (scope.vars.length === 0) return documentReference(scope);
  if (scope.careful) return `${documentReference(scope, "collection")}[${scope.tape.pick(scope.vars)}]`;
  return `${scope.tape.pick(scope.vars)}${part(scope)}`;
}

/** Parts of sets are members: constants would mostly be of another type. */
function ruleReference(scope: Scope, parts: number): string {
  if (scope.rules.length === 0) return documentReference(scope);
  const rule = scope.tape.pick(scope.rules);
  if (rule.kind === "function") return call(scope, rule) + (scope.careful ? "" : part(scope));
  if (scope.careful && rule.kind === "complete") return rule.name;
  if (rule.kind === "set") return `${rule.name}[${scope.wildcards ? "_" : documentReference(scope)}]`;
  if (scope.careful) return `${rule.name}[${scope.wildcards ? "_" : documentReference(scope, "string")}]`;
  return rule.name + Array.from({ length: parts }, () => part(scope)).join("");
}

const documents = ["input", "data.d", "input", "data.d", "data.d[_]", "data.p.z", "data.p.lib", "data.q", "data.d"];

/** Mostly to what is there, and is of the kind; else to anything. */
export function documentReference(scope: Scope, kind: PathKind = "any"): string {
  const there = scope.paths[kind];
  if (scope.careful && there.length > 0 && !scope.tape.oneIn(6)) return scope.tape.pick(there);
  const head = scope.tape.pick(documents);
  const from = head.endsWith("[_]") && !scope.wildcards ? "data.d" : head;
  return from + scope.tape.list(3, () => part(scope), 1).join("");
}

function part(scope: Scope): string {
  const { tape } = scope;
  return tape.choose([
    () => `.${tape.pick(keys.slice(0, 3))}`,
    () => `.${tape.pick(keys.slice(0, 3))}`,
    () => `[${partScalar(scope)}]`,
    () => (scope.wildcards ? "[_]" : `.${tape.pick(keys.slice(0, 3))}`),
    () => `[${variable(scope)}]`,
    () => `[${JSON.stringify(key(tape))}]`.replace(/"(\d)"/, '"a$1"'),
    () => (scope.depth > 0 ? `[${operand(deeper(deeper(scope)))}]` : "[0]"),
    () => `.${tape.oneIn(2) ? tape.pick(words) : "a"}`,
  ]);
}

/** Keywords, which are names behind a dot. */
const words = ["if", "not", "contains", "in", "package", "with", "default"];

/** No text that looks like an index: OPA's store, but not its input, takes it for one. */
function partScalar(scope: Scope): string {
  const text = scalarText(scope);
  return /^"\d+"$/.test(text) ? "0" : text;
}

/** A rule of the module as a value; a function is called. */
export function ruleValue(scope: Scope): string {
  if (scope.rules.length === 0) return documentReference(scope);
  const rule = scope.tape.pick(scope.rules);
  return rule.kind === "function" ? call(scope, rule) : rule.name;
}

/** A rule that surely has members, or a document that has. */
export function iterable(scope: Scope): string {
  const rules = scope.rules.filter(({ kind }) => kind === "set" || kind === "object");
  if (rules.length === 0 || scope.tape.oneIn(3)) return documentReference(scope, "collection");
  return scope.tape.pick(rules).name;
}

/** A rule of one kind, if there is one. */
function ruleOf(scope: Scope, kind: NamedRule["kind"]): string {
  const rules = scope.rules.filter((rule) => rule.kind === kind);
  return rules.length === 0 ? "{1, 2}" : scope.tape.pick(rules).name;
}

/** Of a function of the program, if there is one. */
function callOf(scope: Scope): string {
  const functions = scope.rules.filter(({ kind }) => kind === "function");
  return functions.length === 0 ? documentReference(scope) : call(scope, scope.tape.pick(functions));
}

export function call(scope: Scope, { name, arity }: NamedRule): string {
  const inner = deeper(scope);
  const argument = () => {
    if (scope.careful && !scope.tape.oneIn(4)) return documentReference(inner);
    return inner.depth > 0 ? term(inner) : scalarText(inner);
  };
  return `${name}(${Array.from({ length: arity }, argument).join(", ")})`;
}

export function comprehension(scope: Scope): string {
  const name = freshName(scope);
  const inner = withVars(deeper(scope), name);
  const from = someText(scope, undefined, name, collection(deeper(scope)));
  const rest = scope.tape.oneIn(2) ? `; ${scope.grammar.body(inner, 2).join("; ")}` : "";
  return scope.tape.choose([
    () => `[${term(deeper(inner))} | ${from}${rest}]`,
    () => `{${term(deeper(inner))} | ${from}${rest}}`,
    () => `{${name}: ${term(deeper(inner))} | ${from}${rest}}`,
    () => `{${term(deeper(inner))}: ${name} | ${from}${rest}}`,
  ]);
}

function templateString(scope: Scope): string {
  const { tape, dialect } = scope;
  if (!dialect.templates) return scalarText(scope);
  const inner = ground(deeper(scope));
  const quote = tape.oneIn(6) ? "`" : '"';
  const parts = tape.list(
    3,
    () =>
      tape.pick(["t", "-", " \\{ ", "é", ""]) +
      `{${tape.choose([() => operand(inner), () => term(inner), () => variable(scope)])}}`,
    1,
  );
  return `$${quote}${parts.join("")}${quote}`;
}

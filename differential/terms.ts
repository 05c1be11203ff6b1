import { keys, scalar } from "./document.ts";
import { deeper, freshName, ground, type NamedRule, type Scope, withVars } from "./scope.ts";

/** The text of any term whose variables are bound. */
export function term(scope: Scope): string {
  const { tape } = scope;
  if (scope.depth <= 0) return tape.choose([() => scalarText(scope), () => variable(scope), () => reference(scope)]);
  return tape.choose([
    () => scalarText(scope),
    () => variable(scope),
    () => reference(scope),
    () => reference(scope),
    () => ruleValue(scope),
    () => ruleValue(scope),
    () => `[${tape.list(3, () => term(deeper(scope))).join(", ")}]`,
    () => `{${objectItems(scope)}}`,
    () => `{${tape.list(3, () => term(deeper(scope)), 1).join(", ")}}`,
    () => scope.grammar.builtinCall(scope),
    () => scope.grammar.builtinCall(scope),
    () => `${number(scope)} ${tape.pick(["+", "-", "*", "/", "%"])} ${number(scope)}`,
    () => `${set(scope)} ${tape.pick(["|", "&", "-"])} ${set(scope)}`,
    () => comprehension(scope),
    () => templateString(scope),
    () => `(${term(deeper(scope))} ${tape.pick(["==", "<", "!=", ">="])} ${term(deeper(scope))})`,
    () => `${term(deeper(scope))} in ${collection(scope)}`,
  ]);
}

/** A term without operators at its top, which may stand beside one. */
export function operand(scope: Scope): string {
  return scope.tape.choose([
    () => scalarText(scope),
    () => variable(scope),
    () => reference(scope),
    () => scope.grammar.builtinCall(deeper(scope)),
    () => `(${term(deeper(scope))})`,
  ]);
}

/** What arithmetic takes, or may take: a wrong constant is refused before anything is evaluated. */
export function number(scope: Scope): string {
  return scope.tape.choose([
    () => String(scope.tape.pick([1, 0, 2, -1, 3, 1.5, 0.1, 1e3, "9007199254740993"])),
    () => variable(scope),
    () => reference(scope),
    () => ruleValue(scope),
    () => `count(${collection(deeper(scope))})`,
    () => `(${number(deeper(scope))} ${scope.tape.pick(["+", "-", "*", "/", "%"])} ${number(deeper(scope))})`,
  ]);
}

function set(scope: Scope): string {
  return scope.tape.choose([
    () => `{${scope.tape.list(3, () => term(deeper(scope)), 1).join(", ")}}`,
    () => ruleValue(scope),
    () => variable(scope),
    () => `{x | some x in ${collection(deeper(scope))}}`,
    () => "set()",
  ]);
}

/** A term that is likely to have members. */
export function collection(scope: Scope): string {
  const { tape } = scope;
  return tape.choose([
    () => documentReference(scope),
    () => ruleValue(scope),
    () => `[${tape.list(3, () => term(deeper(scope))).join(", ")}]`,
    () => `{${objectItems(scope)}}`,
    () => `{${tape.list(3, () => term(deeper(scope)), 1).join(", ")}}`,
    () => variable(scope),
    () => (scope.depth > 0 ? comprehension(scope) : "[1, 2]"),
  ]);
}

export function scalarText(scope: Scope): string {
  return JSON.stringify(scalar(scope.tape));
}

export function variable(scope: Scope): string {
  return scope.vars.length === 0 ? scalarText(scope) : scope.tape.pick(scope.vars);
}

function objectItems(scope: Scope): string {
  const item = () => `${scope.tape.oneIn(4) ? term(deeper(scope)) : scalarText(scope)}: ${term(deeper(scope))}`;
  return scope.tape.list(3, item).join(", ");
}

/** Into input, base data, a rule or a variable, with bound, constant or wildcard parts. */
export function reference(scope: Scope): string {
  return scope.tape.choose([
    () => documentReference(scope),
    () => documentReference(scope),
    () => (scope.vars.length === 0 ? documentReference(scope) : `${scope.tape.pick(scope.vars)}${part(scope)}`),
    () => `${ruleValue(scope)}${part(scope)}`,
  ]);
}

export function documentReference(scope: Scope): string {
  const head = scope.tape.pick(["input", "data.d"]);
  return head + scope.tape.list(3, () => part(scope), 1).join("");
}

function part(scope: Scope): string {
  const { tape } = scope;
  return tape.choose([
    () => `.${tape.pick(keys.slice(0, 3))}`,
    () => `.${tape.pick(keys.slice(0, 3))}`,
    () => `[${scalarText(scope)}]`,
    () => (scope.wildcards ? "[_]" : `.${tape.pick(keys)}`.replace(".d e", '["d e"]')),
    () => `[${variable(scope)}]`,
  ]);
}

/** A rule of the module as a value; a function is called. */
export function ruleValue(scope: Scope): string {
  if (scope.rules.length === 0) return documentReference(scope);
  const rule = scope.tape.pick(scope.rules);
  return rule.kind === "function" ? call(scope, rule) : rule.name;
}

function call(scope: Scope, { name, arity }: NamedRule): string {
  const inner = deeper(scope);
  return `${name}(${Array.from({ length: arity }, () => (inner.depth > 0 ? term(inner) : scalarText(inner))).join(", ")})`;
}

export function comprehension(scope: Scope): string {
  const name = freshName(scope);
  const inner = withVars(deeper(scope), name);
  const from = `some ${name} in ${collection(deeper(scope))}`;
  const rest = scope.tape.oneIn(3) ? `; ${scope.grammar.body(inner, 1).join("; ")}` : "";
  return scope.tape.choose([
    () => `[${term(deeper(inner))} | ${from}${rest}]`,
    () => `{${term(deeper(inner))} | ${from}${rest}}`,
    () => `{${name}: ${term(deeper(inner))} | ${from}${rest}}`,
  ]);
}

function templateString(scope: Scope): string {
  return `$"t{${operand(ground(deeper(scope)))}}-{${variable(scope)}}"`;
}

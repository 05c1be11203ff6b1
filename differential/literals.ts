import { deeper, freshName, ground, type NamedRule, type Scope, someText, withVars } from "./scope.ts";
import {
  call,
  collection,
  documentReference,
  iterable,
  operand,
  reference,
  ruleValue,
  scalarText,
  term,
} from "./terms.ts";

interface Literal {
  readonly text: string;
  /** Variables that later literals may name. */
  readonly binds: readonly string[];
}

/** Up to `most` literals; each may name what those before it bind. Ends with the scope for a head. */
export function bodyWithScope(scope: Scope, most: number): { readonly texts: string[]; readonly scope: Scope } {
  let inner = scope;
  const texts = scope.tape.list(
    most,
    () => {
      const { text, binds } = literal(inner);
      inner = withVars(inner, ...binds);
      return text;
    },
    1,
  );
  return { texts: scope.tape.oneIn(scope.careful ? 64 : 16) ? texts.reverse() : texts, scope: inner };
}

export function body(scope: Scope, most: number): string[] {
  return bodyWithScope(scope, most).texts;
}

function literal(scope: Scope): Literal {
  const { tape } = scope;
  const inner = deeper(scope);
  const test = (text: string): Literal => ({ text, binds: [] });
  if (scope.careful && !tape.oneIn(3)) return likely(inner);
  return tape.choose<Literal>([
    () => assignment(inner, ":="),
    () => assignment(inner, "="),
    () => test(`${compared(inner)} ${tape.pick(["==", "!=", "<", "<=", ">", ">="])} ${operand(inner)}`),
    () => someIn(inner),
    () => someIn(inner),
    () => iteration(inner),
    () => destructuring(inner),
    () => test(reference(inner)),
    () => test(ruleValue(inner)),
    () => test(not(inner, operand(ground(inner)))),
    () => test(not(inner, `${compared(ground(inner))} == ${operand(ground(inner))}`)),
    () => test(membership(inner)),
    () => every(inner),
    () => every(inner),
    () => withModifier(inner),
    () => withFunction(inner),
    () => pattern(inner),
    () => join(inner),
    () => test(not(inner, membership(ground(inner)))),
    () => walk(inner),
    () => negatedBody(inner),
    () => test(not(inner, tape.oneIn(2) ? term(ground(inner)) : call(ground(inner), functionOf(scope)))),
    () => withModifier(inner),
    () => test(`print(${tape.list(2, () => term(inner), 1).join(", ")})`),
  ]);
}

/** Of the literals that are mostly true. */
function likely(scope: Scope): Literal {
  const { tape } = scope;
  return tape.choose<Literal>([
    () => assignment(scope, ":="),
    () => someIn(scope),
    () => iteration(scope),
    () => ({ text: `${compared(scope)} ${tape.pick(["!=", "<", ">="])} ${operand(scope)}`, binds: [] }),
    () => every(scope),
    () => withModifier(scope),
    () => pattern(scope),
    () => walk(scope),
    () => assignment(scope, "="),
  ]);
}

/** Beside a comparison: what is known to be of another type must not be compared. */
function compared(scope: Scope): string {
  return scope.careful ? documentReference(scope) : operand(scope);
}

function assignment(scope: Scope, operator: string): Literal {
  const name = freshName(scope);
  const value = term(scope);
  return { text: `${name} ${operator} ${value}`, binds: [name] };
}

function someIn(scope: Scope): Literal {
  const from = collection(scope);
  const [key, value] = [freshName(scope, "k"), freshName(scope)];
  return scope.tape.oneIn(2)
    ? { text: someText(scope, key, value, from), binds: [key, value] }
    : { text: someText(scope, undefined, value, from), binds: [value] };
}

/** A variable that a reference binds. */
function iteration(scope: Scope): Literal {
  const [key, value] = [freshName(scope, "k"), freshName(scope)];
  const from = scope.tape.choose([() => documentReference(scope, "collection"), () => ruleWithMembers(scope)]);
  return scope.tape.choose<Literal>([
    () => ({ text: `some ${key}; ${value} := ${from}[${key}]`, binds: [key, value] }),
    () => ({ text: `some ${key}; ${from}[${key}]`, binds: [key] }),
    () => ({ text: `some ${key}; ${from}[${key}] == ${operand(scope)}`, binds: [key] }),
  ]);
}

function destructuring(scope: Scope): Literal {
  const [a, b] = [freshName(scope), freshName(scope)];
  const from = scope.tape.choose([
    () => documentReference(scope, "array"),
    () => `[${term(scope)}, ${term(scope)}]`,
    () => documentReference(scope, "array"),
    () => (scope.careful ? documentReference(scope, "array") : term(scope)),
  ]);
  return scope.tape.choose<Literal>([
    () => ({ text: `[${a}, ${b}] = ${from}`, binds: [a, b] }),
    () => ({ text: `[${a}, ${b}] := ${from}`, binds: [a, b] }),
    () => ({ text: `{"a": ${a}} = ${documentReference(scope, "object")}`, binds: [a] }),
    () => ({ text: someText(scope, undefined, `[${a}, ${b}]`, documentReference(scope)), binds: [a, b] }),
  ]);
}

function membership(scope: Scope): string {
  if (scope.dialect.in) return `${term(scope)} in ${collection(scope)}`;
  return `${collection(scope)}[${operand(scope)}]`;
}

/** Where `not` takes queries, a brace behind it opens one. */
function not({ dialect }: Scope, text: string): string {
  return dialect.notBodies && text.startsWith("{") ? `not (${text})` : `not ${text}`;
}

/** A query behind `not`, where that may be; its own variables end with it. */
function negatedBody(scope: Scope): Literal {
  const literals = scope.grammar.body(scope.dialect.notBodies ? scope : ground(scope), 2);
  const text = scope.dialect.notBodies
    ? `not { ${literals.join("; ")} }`
    : `not count([1 | ${literals.join("; ")}]) == 0`;
  return { text, binds: [] };
}

function every(scope: Scope): Literal {
  if (!scope.dialect.every) return iteration(scope);
  const [key, name] = [freshName(scope, "k"), freshName(scope)];
  const withKey = scope.tape.oneIn(3);
  const inner = withVars(deeper(scope), name, ...(withKey ? [key] : []));
  // A variable that is declared and not used is an error.
  const uses = `${name} ${scope.tape.pick(["!=", "==", "<", ">="])} ${operand(inner)}`;
  const usesKey = withKey ? [`${key} != ${operand(inner)}`] : [];
  const rest = scope.tape.oneIn(2) ? body(inner, 1) : [];
  const declared = withKey ? `${key}, ${name}` : name;
  return { text: `every ${declared} in ${collection(scope)} { ${[uses, ...usesKey, ...rest].join("; ")} }`, binds: [] };
}

/** Both sides may bind variables of the other. */
function pattern(scope: Scope): Literal {
  const { tape } = scope;
  const binds = [freshName(scope), freshName(scope)];
  const [a, b] = binds;
  return tape.choose<Literal>([
    () => ({ text: `[${a}, ${term(scope)}] = [${term(scope)}, ${b}]`, binds }),
    () => ({ text: `{"a": ${a}, "b": [${b}]} = {"a": ${term(scope)}, "b": ${documentReference(scope)}}`, binds }),
    () => ({ text: `[${a}, ${b}] = [${b}, ${term(scope)}]`, binds }),
    () => ({ text: `[[${a}, ${operand(scope)}], ${b}] = ${documentReference(scope)}`, binds }),
    () => ({ text: `${a} = ${documentReference(scope, "collection")}[${b}]`, binds }),
    () => ({ text: `${ruleWithMembers(scope)}[${a}] = ${b}`, binds }),
    () => ({ text: `${ruleWithMembers(scope)}[${a}][${b}]`, binds }),
    () => ({ text: `${term(scope)} = ${documentReference(scope)}`, binds: [] }),
  ]);
}

function ruleWithMembers(scope: Scope): string {
  return scope.careful ? iterable(scope) : ruleValue(scope);
}

/** Loops whose rounds are equated. */
function join(scope: Scope): Literal {
  const [i, j] = [freshName(scope, "k"), freshName(scope, "k")];
  const binds = [i, j];
  return scope.tape.choose<Literal>([
    () => ({
      text: `some ${i}, ${j}; ${documentReference(scope, "collection")}[${i}] == ${documentReference(scope, "collection")}[${j}]`,
      binds,
    }),
    () => ({
      text: `some ${i}, ${j}; ${ruleWithMembers(scope)}[${i}] == ${documentReference(scope, "collection")}[${j}]`,
      binds,
    }),
    () => ({
      text: `some ${i}; ${documentReference(scope, "collection")}[${i}]; ${ruleWithMembers(scope)}[${i}]`,
      binds: [i],
    }),
    () => ({ text: `some ${i}, ${j}; ${documentReference(scope)}[${i}][${j}] != ${operand(scope)}`, binds }),
    () => ({
      text: `some ${i}; not ${documentReference(ground(scope))}[${i}]; ${ruleWithMembers(scope)}[${i}]`,
      binds: [i],
    }),
  ]);
}

/** A function that stands for another, or a value for it. */
function withFunction(scope: Scope): Literal {
  const { tape, rules } = scope;
  const functions = rules.filter(({ kind }) => kind === "function");
  const name = freshName(scope);
  const first = functions.length === 0 ? undefined : tape.pick(functions);
  const value = () => tape.choose([() => scalarText(scope), () => term(ground(scope))]);
  const ofArity = (arity: number, others: readonly string[]) =>
    tape.choose([
      () => functions.find((each) => each.arity === arity && each !== first)?.name ?? value(),
      value,
      () => (others.length === 0 ? value() : tape.pick(others)),
    ]);
  if (first === undefined || tape.oneIn(2)) {
    const [builtin, call] = tape.choose<readonly [string, string]>([
      () => ["count", `count(${collection(scope)})`],
      () => ["object.keys", `object.keys(${documentReference(scope, "object")})`],
      () => ["count", ruleValue(scope)],
      () => ["object.get", `object.get(${documentReference(scope)}, "a", ${scalarText(scope)})`],
    ]);
    const others =
      builtin === "object.get" ? ["array.slice", "substring"] : ["sum", "to_number", "is_array", "json.marshal"];
    const mock = ofArity(builtin === "object.get" ? 3 : 1, others);
    return { text: `${name} := ${call} with ${builtin} as ${mock}`, binds: [name] };
  }
  const target = tape.oneIn(3) ? first.path : first.name;
  const subject = tape.oneIn(3) ? ruleValue(scope) : call(scope, first);
  const mock = ofArity(first.arity, first.arity === 1 ? ["count", "is_set"] : ["object.remove", "concat"]);
  return { text: `${name} := ${subject} with ${target} as ${mock}`, binds: [name] };
}

/** Documents that `with` may stand for, also those that hold rules of the program. */
const targets = [
  ...["input", "input.a", "data.d", "data.d.a", "data.d.b.c", "input.b.a", "data.p.z", "data.p.lib", "data.p.z.a"],
  ...["data.p.lib.z", "data.p", "data", "data.q.a", "data.d.a.b.c", "input.c.if"],
];

function withModifier(scope: Scope): Literal {
  const { tape } = scope;
  const rules = scope.rules.filter(({ kind }) => kind !== "function").map(({ path }) => path);
  const target = () => tape.choose([() => tape.pick(targets), () => tape.pick([...rules, ...targets])]);
  const subject = tape.choose([() => ruleValue(scope), () => reference(scope), () => term(scope)]);
  const value = () => tape.choose([() => term(ground(scope)), () => objectOf(scope)]);
  const withs = tape.list(2, () => `with ${target()} as ${value()}`, 1).join(" ");
  if (tape.oneIn(2)) return { text: `${subject} ${withs}`, binds: [] };
  const name = freshName(scope);
  return { text: `${name} := ${subject} ${withs}`, binds: [name] };
}

/** What a document is likely to look like. */
function objectOf(scope: Scope): string {
  const inner = ground(scope);
  return `{"a": ${term(inner)}, "z": {"b": ${term(inner)}}}`;
}

function functionOf(scope: Scope): NamedRule {
  const functions = scope.rules.filter(({ kind }) => kind === "function");
  return functions.length === 0
    ? { name: "count", path: "count", kind: "function", arity: 1 }
    : scope.tape.pick(functions);
}

function walk(scope: Scope): Literal {
  const [path, value] = [freshName(scope), freshName(scope)];
  return { text: `walk(${documentReference(scope, "collection")}, [${path}, ${value}])`, binds: [path, value] };
}

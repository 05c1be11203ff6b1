import { deeper, freshName, ground, type Scope, withVars } from "./scope.ts";
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
    () => test(`not ${operand(ground(inner))}`),
    () => test(`not ${compared(ground(inner))} == ${operand(ground(inner))}`),
    () => test(`${term(inner)} in ${collection(inner)}`),
    () => every(inner),
    () => every(inner),
    () => withModifier(inner),
    () => withFunction(inner),
    () => pattern(inner),
    () => join(inner),
    () => test(`not ${operand(ground(inner))} in ${collection(ground(inner))}`),
    () => walk(inner),
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
    ? { text: `some ${key}, ${value} in ${from}`, binds: [key, value] }
    : { text: `some ${value} in ${from}`, binds: [value] };
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
    () => ({ text: `some [${a}, ${b}] in ${documentReference(scope)}`, binds: [a, b] }),
  ]);
}

function every(scope: Scope): Literal {
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
  const one = functions.filter(({ arity }) => arity === 1);
  const first = functions[0];
  const name = freshName(scope);
  const value = scalarText(scope);
  if (first === undefined || tape.oneIn(2))
    return { text: `${name} := count(${collection(scope)}) with count as ${one[0]?.name ?? value}`, binds: [name] };
  const mock = functions.find((each) => each.arity === first.arity && each !== first)?.name ?? value;
  return { text: `${name} := ${call(scope, first)} with ${first.name} as ${mock}`, binds: [name] };
}

function withModifier(scope: Scope): Literal {
  const { tape } = scope;
  const rules = scope.rules.filter(({ kind }) => kind !== "function").map(({ path }) => path);
  const target = tape.pick(["input", "input.a", "data.d", "data.d.a", "data.d.b.c", "input.b.a", ...rules]);
  const subject = tape.choose([() => ruleValue(scope), () => reference(scope)]);
  const value = term(ground(scope));
  if (tape.oneIn(2)) return { text: `${subject} with ${target} as ${value}`, binds: [] };
  const name = freshName(scope);
  if (tape.oneIn(4)) {
    const second = `with data.d.b as ${term(ground(scope))}`;
    return { text: `${name} := ${subject} with ${target} as ${value} ${second}`, binds: [name] };
  }
  return { text: `${name} := ${subject} with ${target} as ${value}`, binds: [name] };
}

function walk(scope: Scope): Literal {
  const [path, value] = [freshName(scope), freshName(scope)];
  return { text: `walk(${documentReference(scope, "collection")}, [${path}, ${value}])`, binds: [path, value] };
}

import { deeper, freshName, ground, type Scope, withVars } from "./scope.ts";
import { collection, documentReference, operand, reference, ruleValue, term } from "./terms.ts";

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
  return { texts: scope.tape.oneIn(16) ? texts.reverse() : texts, scope: inner };
}

export function body(scope: Scope, most: number): string[] {
  return bodyWithScope(scope, most).texts;
}

function literal(scope: Scope): Literal {
  const { tape } = scope;
  const inner = deeper(scope);
  const test = (text: string): Literal => ({ text, binds: [] });
  return tape.choose<Literal>([
    () => assignment(inner, ":="),
    () => assignment(inner, "="),
    () => test(`${operand(inner)} ${tape.pick(["==", "!=", "<", "<=", ">", ">="])} ${operand(inner)}`),
    () => someIn(inner),
    () => someIn(inner),
    () => iteration(inner),
    () => destructuring(inner),
    () => test(reference(inner)),
    () => test(ruleValue(inner)),
    () => test(`not ${operand(ground(inner))}`),
    () => test(`not ${operand(ground(inner))} == ${operand(ground(inner))}`),
    () => test(`${term(inner)} in ${collection(inner)}`),
    () => every(inner),
    () => withModifier(inner),
    () => walk(inner),
  ]);
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
  const from = scope.tape.choose([() => documentReference(scope), () => ruleValue(scope)]);
  return scope.tape.choose<Literal>([
    () => ({ text: `some ${key}; ${value} := ${from}[${key}]`, binds: [key, value] }),
    () => ({ text: `some ${key}; ${from}[${key}]`, binds: [key] }),
    () => ({ text: `some ${key}; ${from}[${key}] == ${operand(scope)}`, binds: [key] }),
  ]);
}

function destructuring(scope: Scope): Literal {
  const [a, b] = [freshName(scope), freshName(scope)];
  const from = term(scope);
  return scope.tape.choose<Literal>([
    () => ({ text: `[${a}, ${b}] = ${from}`, binds: [a, b] }),
    () => ({ text: `[${a}, ${b}] := ${from}`, binds: [a, b] }),
    () => ({ text: `{"a": ${a}} = ${from}`, binds: [a] }),
    () => ({ text: `some [${a}, ${b}] in ${collection(scope)}`, binds: [a, b] }),
  ]);
}

function every(scope: Scope): Literal {
  const name = freshName(scope);
  const inner = withVars(deeper(scope), name);
  // A variable that is declared and not used is an error.
  const uses = `${name} ${scope.tape.pick(["!=", "==", "<", ">="])} ${operand(inner)}`;
  const rest = scope.tape.oneIn(2) ? body(inner, 1) : [];
  return { text: `every ${name} in ${collection(scope)} { ${[uses, ...rest].join("; ")} }`, binds: [] };
}

function withModifier(scope: Scope): Literal {
  const { tape } = scope;
  const target = tape.pick(["input", "input.a", "data.d", "data.d.a", "data.d.b.c", "input.b.a"]);
  const subject = tape.choose([() => ruleValue(scope), () => reference(scope)]);
  const value = term(ground(scope));
  if (tape.oneIn(2)) return { text: `${subject} with ${target} as ${value}`, binds: [] };
  const name = freshName(scope);
  return { text: `${name} := ${subject} with ${target} as ${value}`, binds: [name] };
}

function walk(scope: Scope): Literal {
  const [path, value] = [freshName(scope), freshName(scope)];
  return { text: `walk(${documentReference(scope)}, [${path}, ${value}])`, binds: [path, value] };
}

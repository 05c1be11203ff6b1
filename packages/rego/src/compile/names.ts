import type { Ref, Term } from "../syntax/ast.ts";

/**
 * The name of a function, `json.unmarshal` or `data.a.f`; undefined when an operand is no constant string. What is no word is quoted,
 * so that `data["a.b"].f` is not `data.a.b.f`.
 */
export function nameOfRef({ terms }: Ref): string | undefined {
  const [head] = terms;
  if (head?.kind !== "var") return undefined;
  let name = head.name;
  for (let i = 1; i < terms.length; i++) {
    const term = terms[i] as Term;
    if (term.kind !== "string") return undefined;
    name += namePart(term.value);
  }
  return name;
}

/** True for the ref of a builtin of one word. */
export function isBuiltinNamed({ terms }: Ref, name: string): boolean {
  const [head] = terms;
  return terms.length === 1 && head?.kind === "var" && head.name === name;
}

/** A key of a function's path, as `nameOfRef` has it. */
export function namePart(key: string): string {
  return /^\w+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** True for names of functions that modules have, not for builtins'. */
export function isRuleName(name: string): boolean {
  return name.startsWith("data.") || name.startsWith("data[");
}

/** Wildcards come out of the parser as `$0`, `$1`, …. */
export function isWildcard(name: string): boolean {
  return name.startsWith("$");
}

/** Made by the compiler: `__local0__`, `__localq0__`. */
export function isGenerated(name: string): boolean {
  return name.startsWith("__local");
}

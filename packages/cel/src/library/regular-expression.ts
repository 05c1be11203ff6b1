import { RE2JS } from "re2js";
import { CelError } from "../value/value.ts";

/** Patterns are mostly literals of a few policies; the oldest goes when there are more. */
const MAX_PATTERNS = 1000;
const patterns = new Map<string, RE2JS | CelError>();

/** A regular expression in RE2's syntax, or what is wrong with it. */
export function regularExpression(pattern: string): RE2JS | CelError {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  if (patterns.size >= MAX_PATTERNS) patterns.delete(patterns.keys().next().value as string);
  const made = compile(pattern);
  patterns.set(pattern, made);
  return made;
}

function compile(pattern: string): RE2JS | CelError {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return new CelError(error instanceof Error ? error.message : String(error));
  }
}

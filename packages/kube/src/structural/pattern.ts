import { RE2JS } from "re2js";

/** Compiled patterns are kept; a server with more than this many in its definitions compiles the oldest anew. */
const maxPatterns = 5000;

/** By pattern: compiled, or what is wrong with it. */
const patterns = new Map<string, RE2JS | string>();

function compiled(pattern: string): RE2JS | string {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  if (patterns.size >= maxPatterns) patterns.delete(patterns.keys().next().value as string);
  const made = compile(pattern);
  patterns.set(pattern, made);
  return made;
}

function compile(pattern: string): RE2JS | string {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What is wrong with a pattern in RE2's syntax, in Go's words; undefined when it is one. */
export function patternFault(pattern: string): string | undefined {
  const made = compiled(pattern);
  return typeof made === "string" ? made : undefined;
}

/** Whether a pattern is found anywhere in a text. What is no pattern refuses nothing: it was refused itself. */
export function findsPattern(pattern: string, text: string): boolean {
  const made = compiled(pattern);
  return typeof made === "string" || made.matcher(text).find();
}

import { RE2JS } from "re2js";
import { overLimit } from "../run/errors.ts";
import { typeName } from "../value/access.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, BuiltinError, operandTypeError, type QueryState } from "./builtin.ts";
import { globParts, globPattern } from "./glob.ts";
import { globsIntersect } from "./globs-match.ts";
import { goQuote } from "./go-quote.ts";
import { checkLength } from "./length.ts";
import { integerAt, stringAt, stringsAt } from "./operands.ts";
import { type Literal, literalOf } from "./regex-literal.ts";

type RE2Matcher = ReturnType<RE2JS["matcher"]>;

/** Compiled patterns that one process keeps: policies have dozens, attackers may send more. */
const maxPatterns = 500;

interface Pattern {
  readonly machine: RE2JS;
  readonly literal: Literal;
}

/** The oldest first. A pattern says nothing of a decision, so it is shared by all queries. */
const patterns = new Map<string, Pattern>();

/** RE2 syntax and linear time, as Go's regexp. */
export function compilePattern(pattern: string): RE2JS {
  return patternOf(pattern).machine;
}

function patternOf(pattern: string): Pattern {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    const { message } = error as Error;
    throw new BuiltinError(/trailing backslash at end of expression$/.test(message) ? `${message}: \`\`` : message);
  }
  if (patterns.size >= maxPatterns) patterns.delete(patterns.keys().next().value as string);
  const made = { machine: compiled, literal: literalOf(pattern) };
  patterns.set(pattern, made);
  return made;
}

/** Instructions of a pattern times characters of a text: what matching may take is linear in both, and this is some seconds. */
const maxMatchingSteps = 500_000_000;

function patternFor(pattern: string, text: string): RE2JS {
  const compiled = compilePattern(pattern);
  if (text.length > maxMatchingSteps / compiled.programSize())
    throw overLimit(`a text of ${text.length} characters for a pattern of ${compiled.programSize()} instructions`);
  return compiled;
}

function isValid([pattern]: readonly Value[]): Value {
  if (typeof pattern !== "string") return false;
  try {
    compilePattern(pattern);
    return true;
  } catch {
    return false;
  }
}

/** All matches with their groups, at most `limit`; negative means all. */
function findAll(pattern: string, text: string, limit: number): readonly string[][] {
  const found: string[][] = [];
  if (limit === 0) {
    compilePattern(pattern);
    return found;
  }
  for (const matcher of matches(pattern, text)) {
    const groups: string[] = [];
    for (let i = 0; i <= matcher.groupCount(); i++) groups.push(matcher.group(i) ?? "");
    found.push(groups);
    if (found.length === limit) break;
  }
  return found;
}

/** All matches as Go finds them: an empty one right behind another is none. */
function* matches(pattern: string, text: string): Generator<RE2Matcher> {
  const matcher = patternFor(pattern, text).matcher(text);
  for (let end = -1; matcher.find(); end = matcher.end())
    if (matcher.start() !== matcher.end() || matcher.start() !== end) yield matcher;
}

function split(args: readonly Value[]): Value {
  const [pattern, text] = [stringAt(args, 1), stringAt(args, 2)];
  if (pattern !== "" && text === "") {
    patternFor(pattern, text);
    return [""];
  }
  const parts: string[] = [];
  let [from, end] = [0, 0];
  for (const matcher of matches(pattern, text)) {
    end = matcher.start();
    if (matcher.end() !== 0) parts.push(text.slice(from, end));
    from = matcher.end();
  }
  if (end !== text.length) parts.push(text.slice(from));
  return parts;
}

function replace(args: readonly Value[]): Value {
  const [text, pattern, replacement] = [stringAt(args, 1), stringAt(args, 2), stringAt(args, 3)];
  let result = "";
  let from = 0;
  for (const matcher of matches(pattern, text)) {
    result += text.slice(from, matcher.start()) + expand(replacement, (name) => groupOf(matcher, name));
    from = matcher.end();
    checkLength(result.length);
  }
  return result + text.slice(from);
}

/** Go's Expand: `$1`, `${1}`, `$name`; `$$` is a dollar. */
function expand(template: string, group: (name: string) => string): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (_match, plain?: string, braced?: string) => {
    const name = plain ?? braced;
    return name === undefined ? "$" : group(name);
  });
}

function groupOf(matcher: { group(key: number | string): string | null; groupCount(): number }, name: string): string {
  try {
    if (/^\d+$/.test(name)) return Number(name) <= matcher.groupCount() ? (matcher.group(Number(name)) ?? "") : "";
    return matcher.group(name) ?? "";
  } catch {
    return "";
  }
}

/** `urn:foo:{.*}` with regexes between the delimiters. */
function templateMatch(args: readonly Value[]): Value {
  const [template, text, open, close] = [stringAt(args, 1), stringAt(args, 2), stringAt(args, 3), stringAt(args, 4)];
  const size = new TextEncoder().encode(open).length;
  // OPA's message of the end has the size of the start too.
  for (const [name, delimiter] of Object.entries({ start: open, end: close }))
    if (delimiter.length !== 1 || delimiter > "\x7f")
      throw new BuiltinError(`${name} delimiter has to be exactly one character long but is ${size} long`);
  let pattern = "^";
  let depth = 0;
  let from = 0;
  for (let i = 0; i < template.length; i++) {
    if (template[i] === open && depth++ === 0) {
      pattern += quote(template.slice(from, i));
      from = i + 1;
    } else if (template[i] === close && depth > 0 && --depth === 0) {
      pattern += `(${template.slice(from, i)})`;
      from = i + 1;
    } else if (template[i] === close && depth === 0)
      throw new BuiltinError(`unbalanced braces in ${goQuote(template)}`);
  }
  if (depth !== 0) throw new BuiltinError(`unbalanced braces in ${goQuote(template)}`);
  return patternFor(`${pattern}${quote(template.slice(from))}$`, text).test(text);
}

function quote(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}

function match(args: readonly Value[]): Value {
  const [pattern, text] = [stringAt(args, 1), stringAt(args, 2)];
  const { literal } = patternOf(pattern);
  if (!text.includes(literal.text)) return false;
  return literal.isAll || patternFor(pattern, text).test(text);
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/regex, …/glob */
export const regex: readonly Builtin[] = [
  { name: "regex.match", call: match },
  { name: "re_match", call: match },
  { name: "regex.is_valid", call: isValid },
  { name: "regex.split", call: split },
  { name: "regex.replace", call: replace },
  { name: "regex.template_match", call: templateMatch },
  {
    name: "regex.find_n",
    call: (args) => findAll(stringAt(args, 1), stringAt(args, 2), integerAt(args, 3)).map(([whole = ""]) => whole),
  },
  {
    name: "regex.find_all_string_submatch_n",
    call: (args) => findAll(stringAt(args, 1), stringAt(args, 2), integerAt(args, 3)),
  },
  { name: "regex.globs_match", call: (args) => globsIntersect(stringAt(args, 1), stringAt(args, 2)) },
  { name: "glob.match", call: globMatch },
  {
    name: "glob.quote_meta",
    call: (args) =>
      stringAt(args, 1).replace(/[*?\\[\]{}!,-]/g, (char) => ("*?\\[]{}".includes(char) ? `\\${char}` : char)),
  },
];

/** Null delimiters: none at all; an empty array: the dot. */
function globMatch(args: readonly Value[], _state: QueryState): Value {
  const [pattern, delimiters] = [stringAt(args, 1), args[1] as Value];
  if (delimiters !== null && !Array.isArray(delimiters))
    throw operandTypeError(2, ["array", "null"], typeName(delimiters));
  const given = delimiters === null ? [] : stringsAt(args, 2);
  if (given.some((each) => [...each].length !== 1))
    throw new BuiltinError("operand 2 must be array of runes but got array containing string", "eval_type_error");
  const text = stringAt(args, 3);
  const separators = delimiters !== null && given.length === 0 ? ["."] : given;
  return patternFor(globPattern(globParts(pattern), separators), text).test(text);
}

import { RE2JS } from "re2js";
import { parse } from "yaml";
import { type Candidate, type Confidence, confidences } from "./finding.ts";

/** Why a file of rules cannot be used: where, and what would be right. */
export class RulesError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RulesError";
  }
}

/** Rules of users' own. */
export interface UserRules {
  /** What their patterns find in a text that is named so. */
  readonly find: (text: string, name: string) => readonly Candidate[];
  /** Whether a value is one that they say is none. */
  readonly isAllowed: (value: string) => boolean;
}

interface Rule {
  readonly id: string;
  readonly what: string;
  readonly confidence: Confidence;
  readonly pattern: RE2JS;
  readonly names?: RE2JS;
}

/** More are a mistake: each is looked for in each text. */
const maxRules = 1000;

/**
 * Reads `rules` of `{id, description, pattern, names, confidence}` and `allow`, a list of patterns of values that are none. Patterns
 * are RE2, which takes linear time whatever they are; the first group is the secret where there is one. `names` is asked of the
 * field's or variable's name. Throws `RulesError`.
 */
export function parseUserRules(text: string): UserRules {
  const { rules, allow } = documentOf(text);
  const own = listOf(rules, "rules").map(ruleOf);
  const allowed = listOf(allow, "allow").map((each, i) => patternOf(each, `allow[${i}]`));
  return {
    find: (value, name) => own.flatMap((rule) => [...matches(rule, value, name)]),
    isAllowed: (value) => allowed.some((each) => each.matcher(value).find()),
  };
}

function documentOf(text: string): { readonly [field: string]: unknown } {
  let value: unknown;
  try {
    value = parse(text, { logLevel: "error" });
  } catch (error) {
    throw new RulesError((error as Error).message.split("\n")[0]?.replace(/:$/, "") ?? "no YAML");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new RulesError("expected a map with rules, and allow");
  for (const field of Object.keys(value))
    if (field !== "rules" && field !== "allow") throw new RulesError(`${field}: unknown; expected rules, and allow`);
  return value as { readonly [field: string]: unknown };
}

function listOf(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new RulesError(`${field}: expected a list`);
  if (value.length > maxRules) throw new RulesError(`${field}: more than ${maxRules}`);
  return value;
}

function ruleOf(value: unknown, at: number): Rule {
  const place = `rules[${at}]`;
  const {
    id,
    description,
    pattern,
    names,
    confidence = "high",
  } = (value ?? {}) as { readonly [field: string]: unknown };
  if (typeof id !== "string" || !/^[\w.-]{1,100}$/.test(id))
    throw new RulesError(`${place}.id: expected a name of letters, digits, "-", "." and "_"`);
  if (!confidences.includes(confidence as Confidence))
    throw new RulesError(`${place}.confidence: expected ${confidences.join(", ")}`);
  return {
    id,
    what: typeof description === "string" ? description : `a secret of the rule ${id}`,
    confidence: confidence as Confidence,
    pattern: patternOf(pattern, `${place}.pattern`),
    ...(names === undefined ? {} : { names: patternOf(names, `${place}.names`) }),
  };
}

function patternOf(value: unknown, place: string): RE2JS {
  if (typeof value !== "string" || value === "") throw new RulesError(`${place}: expected a regular expression of RE2`);
  try {
    return RE2JS.compile(value);
  } catch (error) {
    throw new RulesError(`${place}: ${(error as Error).message}`);
  }
}

function* matches({ id, what, confidence, pattern, names }: Rule, text: string, name: string): Generator<Candidate> {
  if (names !== undefined && !names.matcher(name).find()) return;
  const matcher = pattern.matcher(text);
  while (matcher.find()) {
    const group = matcher.groupCount() > 0 && matcher.group(1) != null ? 1 : 0;
    const value = matcher.group(group);
    if (value) yield { rule: id, what, confidence, value, offset: matcher.start(group) };
  }
}

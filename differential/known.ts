import { isObject, jsonText, lookup, parseJson, sortedEntries, type Value } from "@sallyport/rego";
import { type Answer, type OurAnswer, sameAnswer, withoutPlace } from "./answer.ts";
import type { Program } from "./program.ts";

/**
 * Answers that may differ, as they come of the order in which OPA evaluates. Our walker has OPA's order, and must answer as OPA does
 * wherever one of these is taken for known; plans have their own.
 */
export function isKnown(program: Program, { by, answer }: OurAnswer, theirs: Answer, walker: OurAnswer): boolean {
  if (isPlaceOfImport(program, answer, theirs) || isUnboundVar(answer, theirs)) return true;
  if (isUnboundVar(walker.answer, theirs) && isBeforeItsValue(answer, theirs)) return true;
  if ((by !== "generated" && by !== "interpreter") || !sameAnswer(walker.answer, theirs)) return false;
  return (
    isOtherOrder(answer, theirs) ||
    isOtherError(answer, theirs) ||
    isOtherPlace(answer, theirs) ||
    isLaterConflict(answer, theirs) ||
    isFailureBehindExit(answer) ||
    isWalkLeft(program, answer, theirs) ||
    isMadeWhole(answer) ||
    isBeforeItsValue(answer, theirs) ||
    isKeptApart(program, answer, theirs) ||
    isBehindReplaced(program)
  );
}

/**
 * OPA goes over a set or an object that is written with variables in it in the order of its terms, which for references is that of the
 * names which the compiler makes up for them; over others, and in its plans over all, in the order of their values. Members of which only
 * the values are the same it meets twice.
 */
function isOtherOrder(ours: Answer, theirs: Answer): boolean {
  if (!("result" in ours) || !("result" in theirs)) return false;
  const [own, other] = [ours.result, theirs.result];
  return own !== undefined && other !== undefined && orderlessText(own) === orderlessText(other);
}

function orderlessText(value: Value): string {
  if (Array.isArray(value)) return `[${[...new Set(value.map(orderlessText))].sort().join()}]`;
  if (!isObject(value)) return jsonText(value);
  return `{${sortedEntries(value)
    .map(([key, each]) => `${orderlessKey(key)}:${orderlessText(each)}`)
    .sort()}}`;
}

/** Collections that are keys are told as JSON. */
function orderlessKey(key: Value): string {
  try {
    if (typeof key === "string" && /^[[{]/.test(key)) return orderlessText(parseJson(key));
  } catch {
    // No collection, a text that begins like one.
  }
  return jsonText(key);
}

/** Of several rules that fail, the document tells of the one that is evaluated first: OPA tells ours of a rule that is asked alone. */
function isOtherError(ours: Answer, theirs: Answer): boolean {
  if (!("failed" in ours) || !("failed" in theirs)) return false;
  return theirs.others?.includes(`${ours.failed} ${ours.told}`) === true;
}

/** Of two rules that conflict, the one that is evaluated later is told. */
function isOtherPlace(ours: Answer, theirs: Answer): boolean {
  if (!("failed" in ours) || !("failed" in theirs) || ours.failed !== "eval_conflict_error") return false;
  return theirs.failed === ours.failed && withoutPlace(ours.told) === withoutPlace(theirs.told);
}

/**
 * What an import names has for OPA the place of its last use in the module, and the index asks first by what stands first: another one of
 * two rules that conflict may be evaluated later.
 */
function isPlaceOfImport({ module, library = "" }: Program, ours: Answer, theirs: Answer): boolean {
  return /^import (input|data)\./m.test(`${library}\n${module}`) && isOtherPlace(ours, theirs);
}

/** Some variables beside closures in heads are not known to be unsafe to OPA, whose answers then hold them, or fail; our walker has no values for them. */
function isUnboundVar(ours: Answer, theirs: Answer): boolean {
  return "failed" in ours && ours.told?.endsWith("a term with unbound variables") === true && !("refused" in theirs);
}

/**
 * OPA asks the next definition of a function, or of a rule, when all that comes behind its value has been tried: where that fails, nobody
 * learns of the conflict.
 */
function isLaterConflict(ours: Answer, theirs: Answer): boolean {
  if (!("failed" in ours) || !("failed" in theirs)) return false;
  return / must not produce multiple outputs/.test(ours.told ?? "");
}

/**
 * Definitions of one constant value are left with the first that holds. OPA does so too where others have other values, when its index
 * finds at run time that none of those can hold; a plan evaluates them all, and one that fails is told of.
 */
function isFailureBehindExit(ours: Answer): boolean {
  return "failed" in ours && /object keys must be unique/.test(ours.told ?? "");
}

/**
 * Where OPA's early exit leaves a rule or a function in the middle of a `walk`, no further values are looked for that would conflict with
 * the first. (It goes on with all other loops.)
 */
function isWalkLeft({ module, library = "" }: Program, ours: Answer, theirs: Answer): boolean {
  return (
    /\bwalk\(/.test(module + library) && "failed" in ours && ours.failed === "eval_conflict_error" && "result" in theirs
  );
}

/**
 * Plans, OPA's too, make a document of rules with variables in their refs whole; OPA's evaluation asks the rules that may have what is
 * looked up. A rule that looks up what another one of its document has comes back to itself in a plan.
 */
function isMadeWhole(ours: Answer): boolean {
  return "failed" in ours && ours.failed === "eval_cancel_error";
}

/**
 * OPA may come to an equation of two variables before one has a value, `[x, y] = [y, input.a[z]]`, and then to what needs that value: its
 * evaluation ends there. Plans have the value by then.
 */
function isBeforeItsValue(ours: Answer, theirs: Answer): boolean {
  return "result" in ours && "failed" in theirs && theirs.failed === "var requires evaluation";
}

/**
 * Of an object with a variable for a key OPA finds what is written, though another key has the same value, and a `with` below a value that
 * another `with` gave changes that value; plans look into what has become of both.
 */
function isKeptApart({ module, library = "" }: Program, ours: Answer, theirs: Answer): boolean {
  const text = module + library;
  const isDoubleKey = /\{[^{}|]*\b(input|data)\b[\w.[\]"]*: |[{,] ?[a-z]\w*: /.test(text);
  const isWithin = /with data\.[\w.]+ as .* with data\.[\w.]+ as /.test(text);
  return "result" in ours && "result" in theirs && (isDoubleKey || isWithin);
}

/**
 * A `with` below an array or a scalar of base data makes an object of it, and OPA says so of the whole; what is looked up by its index alone
 * it still finds in the array.
 */
function isBehindReplaced({ module, library = "", data }: Program): boolean {
  return [...`${module}${library}`.matchAll(/\bwith data((?:\.\w+)+) as /g)].some(([, path = ""]) => {
    let at: Value | undefined = parseJson(data);
    for (const key of path.split(".").slice(1, -1)) {
      if (at === undefined || !isObject(at)) break;
      at = lookup(at, key);
    }
    return at !== undefined && !isObject(at);
  });
}

/** A fault of OPA's own that no version has mended yet: ours agree with each other, and not with it. */
export function isFaultOfOpa({ module, library = "", input, data }: Program, theirs: Answer): boolean {
  return (
    isUndeclared(module + library, theirs) ||
    isNumbered(module + library, theirs) ||
    isZeroLost(module + library, `${module}${library}${input}${data}`)
  );
}

/**
 * The names that OPA makes up for calls of `rego.metadata` are now and then those of something else, as the count of all names has it: a
 * module that it takes is then refused when others were compiled before.
 */
function isNumbered(code: string, theirs: Answer): boolean {
  return (
    "refused" in theirs && /undefined ref: __local\d+__/.test(theirs.told ?? "") && /\brego\.metadata\./.test(code)
  );
}

/** In an object with the keys `false` and `0`, made by a comprehension, OPA 1.19 to 1.22 do not find `0` once `false` was set twice. */
function isZeroLost(code: string, all: string): boolean {
  return /\{[^{}|]*:[^{}|]*\|/.test(code) && /\bfalse\b/.test(all) && /(?<![\w.])0(?![\w.])/.test(all);
}

/** OPA goes over the bodies of `not` and `every` twice, and does not know the second time what a template string's ref looks up by. */
function isUndeclared(code: string, theirs: Answer): boolean {
  return (
    "refused" in theirs &&
    / is undeclared$/.test(theirs.told ?? "") &&
    /\b(not|every)\b/.test(code) &&
    /\$["`]/.test(code)
  );
}

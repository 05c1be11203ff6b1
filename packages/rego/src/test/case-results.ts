import { isObject } from "../value/access.ts";
import { sortedEntries } from "../value/collection.ts";
import { jsonText } from "../value/json.ts";
import { compareStrings } from "../value/string-order.ts";
import type { Value } from "../value/value.ts";
import type { CaseResult } from "./result.ts";

/**
 * The cases of a test: those that its document holds, a case passing when its value is true, and those that have begun but are not
 * in the document, which fail.
 */
export function caseResults(document: Value, begun: readonly (readonly Value[])[]): readonly CaseResult[] {
  const found = new Map<string, CaseResult>();
  if (isObject(document))
    for (const [key, value] of sortedEntries(document))
      found.set(caseName(key), resultOf(key, value, below(begun, key)));
  for (const [key] of begun)
    if (key !== undefined && !found.has(caseName(key))) found.set(caseName(key), failed(key, below(begun, key)));
  return [...found.values()].sort((a, b) => compareStrings(a.name, b.name));
}

function resultOf(key: Value, value: Value, begun: readonly (readonly Value[])[]): CaseResult {
  const name = caseName(key);
  if (!isObject(value)) return { name, fails: value !== true, cases: [] };
  const cases = caseResults(value, begun);
  return { name, fails: cases.some(({ fails }) => fails), cases };
}

function failed(key: Value, begun: readonly (readonly Value[])[]): CaseResult {
  return { name: caseName(key), fails: true, cases: caseResults({}, begun) };
}

/** What has begun within one case. */
function below(begun: readonly (readonly Value[])[], key: Value): readonly (readonly Value[])[] {
  const name = caseName(key);
  return begun
    .filter(([first, ...rest]) => rest.length > 0 && first !== undefined && caseName(first) === name)
    .map((path) => path.slice(1));
}

/** What a case is called: its key, as JSON unless it is a string. */
export function caseName(key: Value): string {
  return typeof key === "string" ? key : jsonText(key);
}

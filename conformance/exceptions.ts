import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SuiteResult, Verdict } from "./suite.ts";

/** More would be work that is left undone. */
export const maxExceptions = 10;

/** Cases of all suites that cannot pass: the table in `exceptions.md`. */
export interface Exception {
  readonly suite: string;
  readonly name: string;
  readonly why: string;
}

export function readExceptions(): readonly Exception[] {
  return exceptionsIn(readFileSync(join(import.meta.dirname, "exceptions.md"), "utf8"));
}

/** The rows of a table whose second column is a name in backquotes; "the same" is the reason of the row above. */
export function exceptionsIn(markdown: string): readonly Exception[] {
  const found: Exception[] = [];
  for (const [, suite = "", name = "", why = ""] of markdown.matchAll(/^\| (\S+) +\| `(.+)` +\| (.+?) +\|$/gm))
    found.push({ suite, name, why: why === "the same" ? (found.at(-1)?.why ?? "") : why });
  return found;
}

/** A result without its exceptions, these, and those of them that pass after all. */
export interface Sorted {
  readonly failed: readonly Verdict[];
  readonly excepted: readonly Verdict[];
  readonly needless: readonly string[];
}

export function sortExceptions({ passed, failed }: SuiteResult, exceptions: readonly Exception[]): Sorted {
  const reasons = new Map(exceptions.map(({ name, why }) => [name, why]));
  return {
    failed: failed.filter(({ name }) => !reasons.has(name)),
    excepted: failed.flatMap(({ name }) => {
      const why = reasons.get(name);
      return why === undefined ? [] : [{ name, why }];
    }),
    needless: passed.filter((name) => reasons.has(name)),
  };
}

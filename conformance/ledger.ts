import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The names of a suite's cases that pass, one a line, sorted. It may only grow: a case that is in it and does not pass is a fault.
 */
export interface Ledger {
  readonly names: ReadonlySet<string>;
  readonly file: string;
}

export function readLedger(suite: string): Ledger {
  const file = join(import.meta.dirname, "ledger", `${suite}.txt`);
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return { names: new Set(lines.filter((line) => line !== "")), file };
}

/** Cases of the ledger that do not pass any more. */
export function lostCases({ names }: Ledger, passed: readonly string[]): readonly string[] {
  const now = new Set(passed);
  return [...names].filter((name) => !now.has(name));
}

/** Adds the cases that pass; answers how many are new. */
export function growLedger({ names, file }: Ledger, passed: readonly string[]): number {
  const all = new Set([...names, ...passed]);
  writeFileSync(file, `${[...all].sort().join("\n")}\n`);
  return all.size - names.size;
}

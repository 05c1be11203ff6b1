import { existsSync } from "node:fs";
import { join } from "node:path";

/** What one run of a suite says of each case. */
export interface SuiteResult {
  readonly passed: readonly string[];
  readonly failed: readonly Verdict[];
  readonly skipped: readonly Verdict[];
}

export interface Verdict {
  readonly name: string;
  readonly why: string;
}

/** Runs all cases below a folder. */
export type RunSuite = (dir: string) => Promise<SuiteResult>;

/** A suite of outside cases, by the name on the command line. */
export interface Suite {
  readonly name: string;
  /** Folder below the conformance data. */
  readonly folder: string;
  /** Cases are called alike wherever the folder lies, so that the ledger holds for any part of the suite that is run. */
  readonly keepsNames?: boolean;
  /** Loads the suite's code only when it is asked for. */
  readonly load: () => Promise<{ readonly run: RunSuite }>;
}

/** Where a suite's cases, or other data, lie: below `SALLYPORT_CONFORMANCE`, or beside the repository. */
export function dataFolder({ folder }: Pick<Suite, "folder">): string {
  return join(process.env["SALLYPORT_CONFORMANCE"] || "../shared/conformance", folder);
}

/** Why a test of the suite cannot run here, to skip it by name; undefined when it can. */
export function missingData(suite: Suite): string | undefined {
  const folder = dataFolder(suite);
  return existsSync(folder) ? undefined : `no conformance data in ${folder}; set SALLYPORT_CONFORMANCE`;
}

/** Cases of one run by name; a name that was used before gets a number behind it, so that each case has its own. */
export class Tally {
  readonly #passed: string[] = [];
  readonly #failed: Verdict[] = [];
  readonly #skipped: Verdict[] = [];
  readonly #uses = new Map<string, number>();

  /** `why` is why the case does not pass; undefined when it does. */
  add(name: string, why: string | undefined): void {
    const unique = this.#unique(name);
    if (why === undefined) this.#passed.push(unique);
    else this.#failed.push({ name: unique, why });
  }

  skip(name: string, why: string): void {
    this.#skipped.push({ name: this.#unique(name), why });
  }

  get result(): SuiteResult {
    return { passed: this.#passed, failed: this.#failed, skipped: this.#skipped };
  }

  #unique(name: string): string {
    const uses = (this.#uses.get(name) ?? 0) + 1;
    this.#uses.set(name, uses);
    return uses === 1 ? name : `${name} #${uses}`;
  }
}

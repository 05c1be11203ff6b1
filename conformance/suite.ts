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

/** A suite of outside cases, by the name on the command line. */
export interface Suite {
  readonly name: string;
  /** Folder below the conformance data. */
  readonly folder: string;
  readonly run: (dir: string) => Promise<SuiteResult>;
}

import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { compile, type Diagnostic, type RegoVersion } from "@sallyport/rego";
import { parseAllDocuments } from "yaml";
import { type SuiteResult, Tally } from "./suite.ts";

/** A case of OPA's suite of compilation faults: github.com/open-policy-agent/opa v1/test/compilecases. */
interface CompileCase {
  readonly note: string;
  readonly modules: readonly string[];
  readonly want_errors: readonly WantedError[];
  /** No other faults than the wanted ones may be reported. */
  readonly exhaustive?: boolean;
  /** `print` calls are kept. */
  readonly print_statements?: boolean;
  readonly strict?: boolean;
}

interface WantedError {
  readonly code: string;
  readonly row: number;
  readonly col: number;
  readonly message: string;
}

/** Compiles every case's modules and compares the faults. Cases outside of `v0/` are v1. */
export async function run(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  for (const file of globSync(`${dir}/**/*.yaml`).sort()) {
    const version: RegoVersion = resolve(file).split("/").includes("v0") ? "v0" : "v1";
    for (const document of parseAllDocuments(readFileSync(file, "utf8"))) {
      const { cases = [] } = (document as { toJS(): { cases?: readonly CompileCase[] } | null }).toJS() ?? {};
      for (const each of cases) tally.add(`${version}/${each.note}`, judge(each, version));
    }
  }
  return tally.result;
}

function judge({ modules, want_errors, exhaustive, print_statements, strict }: CompileCase, regoVersion: RegoVersion) {
  const sources = modules.map((text, i) => ({ file: `test-${i}.rego`, text }));
  const options = { regoVersion, strict: strict === true, compile: { print: print_statements === true, maxErrors: 0 } };
  const got = compile(sources, options).diagnostics.map(textOf);
  const missing = want_errors.map(wantedText).filter((text) => !got.includes(text));
  if (missing.length > 0) return `wanted ${missing.join("; ")}, got ${got.join("; ") || "none"}`;
  return exhaustive === true && got.length !== want_errors.length ? `wanted no more, got ${got.join("; ")}` : undefined;
}

function textOf({ code, loc, message }: Diagnostic): string {
  return wantedText({ code, row: loc?.row ?? 0, col: loc?.col ?? 0, message });
}

function wantedText({ code, row, col, message }: WantedError): string {
  return `${row}:${col}: ${code}: ${message}`;
}

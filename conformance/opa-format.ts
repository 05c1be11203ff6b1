import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import {
  checkRegoV1,
  currentLanguage,
  type Diagnostic,
  type FormatOptions,
  formatModule,
  parseModule,
} from "@sallyport/rego";
import { type SuiteResult, Tally } from "./suite.ts";

/** Experiments of OPA that the suite's modules use too. */
const capabilities = { ...currentLanguage, future_keywords: ["and", "not", "or"] };

/**
 * Formatter goldens: `v0/`, `v1/` and `v0_to_v1/` hold `X.rego` with `X.rego.formatted`, `X.rego.formatted_no_keywords_in_refs`, or
 * `X.rego.error`: of v0_to_v1 what the formatter says, else a module that it must refuse.
 */
export async function run(dir: string): Promise<SuiteResult> {
  const tally = new Tally();
  for (const golden of globSync(`${dir}/**/*.rego.*`).sort()) {
    const folder = basename(dirname(golden));
    const wanted = golden.slice(golden.lastIndexOf(".") + 1);
    tally.add(relative(dir, golden), judge(golden, folder, wanted));
  }
  return tally.result;
}

function judge(golden: string, folder: string, wanted: string): string | undefined {
  const want = readFileSync(golden, "utf8");
  const source = golden.slice(0, golden.lastIndexOf("."));
  if (wanted === "error" && folder !== "v0_to_v1")
    return format(want, golden, folder, true).errors === undefined ? "should be refused" : undefined;
  if (!existsSync(source)) return "no source beside it";
  const { text, errors } = format(readFileSync(source, "utf8"), source, folder, !wanted.endsWith("in_refs"));
  if (wanted === "error") return compare(errors ?? "no error", want.trim());
  return compare(text ?? errors ?? "", want);
}

function format(source: string, file: string, folder: string, keywordsInRefs: boolean) {
  const regoVersion = folder === "v1" ? "v1" : "v0";
  const { module, diagnostics } = parseModule(source, { file: basename(file), regoVersion, capabilities });
  if (module === undefined) return { errors: errorsText(diagnostics) };
  const target: FormatOptions["target"] = folder === "v0_to_v1" ? "v0v1" : regoVersion;
  const faults = target === "v0v1" ? checkRegoV1(module) : [];
  if (faults.length > 0) return { errors: errorsText(faults) };
  return { text: formatModule(module, { target, keywordsInRefs }) };
}

function errorsText(faults: readonly Diagnostic[]): string {
  const lines = faults.map(
    ({ code, message, loc }) => `testfiles/v0_to_v1/${loc?.file}:${loc?.row}: ${code}: ${message}`,
  );
  return lines.length === 1 ? `1 error occurred: ${lines[0]}` : `${lines.length} errors occurred:\n${lines.join("\n")}`;
}

/** The first line that is different. */
function compare(got: string, want: string): string | undefined {
  if (got === want) return undefined;
  const wanted = want.split("\n");
  const lines = got.split("\n");
  const at = lines.findIndex((line, i) => line !== wanted[i]);
  const row = at < 0 ? lines.length : at;
  return `line ${row + 1}: wanted ${JSON.stringify(wanted[row])}, got ${JSON.stringify(lines[row])}`;
}

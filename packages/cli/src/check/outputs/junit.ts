import type { CheckReport, CheckResult } from "../checker.ts";
import { byFile, findingsOf, findingText, objectText } from "./findings.ts";

/** JUnit's XML as CI systems read it: a suite of each file, a case of each object; warnings in `system-out`, an exempt object is skipped. */
export function junitOutput({ results }: CheckReport): string {
  const suites = [...byFile(results)].map(([file, inside]) => suiteText(file, inside));
  const failures = results.filter(isFailure).length;
  const counts = `tests="${results.length}" failures="${failures}" errors="0"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="sallyport check" ${counts}>\n${suites.join("")}</testsuites>\n`;
}

function suiteText(file: string, results: readonly CheckResult[]): string {
  const failures = results.filter(isFailure).length;
  const skipped = results.filter(isSkipped).length;
  const head = `  <testsuite name=${quoted(file)} tests="${results.length}" failures="${failures}" errors="0" skipped="${skipped}" time="0">\n`;
  return `${head}${results.map(caseText).join("")}  </testsuite>\n`;
}

function isFailure({ verdict }: CheckResult): boolean {
  return verdict !== "allowed";
}

function isSkipped(result: CheckResult): boolean {
  return !isFailure(result) && (result.exceptions ?? []).length > 0;
}

function caseText(result: CheckResult): string {
  const { file, line } = result;
  const head = `    <testcase name=${quoted(objectText(result))} classname=${quoted(file)} file=${quoted(file)} line="${line}" time="0"`;
  const parts = findingsOf(result).map((each) => {
    const text = findingText(each);
    if (each.level === "failure")
      return `      <failure message=${quoted(each.message)} type=${quoted(each.rule)}>${escaped(`${file}:${line}: ${text}`)}</failure>\n`;
    if (each.level === "exception" && isSkipped(result)) return `      <skipped message=${quoted(text)}/>\n`;
    return `      <system-out>${escaped(`${each.level}: ${text}`)}</system-out>\n`;
  });
  return parts.length === 0 ? `${head}/>\n` : `${head}>\n${parts.join("")}    </testcase>\n`;
}

function quoted(text: string): string {
  return `"${escaped(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;")}"`;
}

/** XML 1.0 has no other control characters, and no halves of surrogate pairs. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\u{fffd}")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}

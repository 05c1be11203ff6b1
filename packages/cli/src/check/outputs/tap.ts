import type { CheckReport } from "../checker.ts";
import { findingsOf, findingText, objectText } from "./findings.ts";

/** Test Anything Protocol 13: one test of each object, its findings as diagnostics. https://testanything.org */
export function tapOutput({ results }: CheckReport): string {
  const lines = results.flatMap((result, i) => {
    const isOk = result.verdict === "allowed";
    const name = `${result.file}:${result.line} - ${objectText(result)}`;
    const test = `${isOk ? "ok" : "not ok"} ${i + 1} - ${escaped(name)}`;
    return [
      test,
      ...findingsOf(result).flatMap((each) => commentLines(`${each.level}: ${each.rule}: ${findingText(each)}`)),
    ];
  });
  return `${["TAP version 13", `1..${results.length}`, ...lines].join("\n")}\n`;
}

/** A `#` begins a directive. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("#", "\\#").replaceAll("\n", " ");
}

function commentLines(text: string): readonly string[] {
  return text.split("\n").map((line) => `# ${line}`);
}

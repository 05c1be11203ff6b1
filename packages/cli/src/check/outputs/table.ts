import type { CheckReport } from "../checker.ts";
import { findingsOf, findingText, objectText } from "./findings.ts";

const title: readonly string[] = ["RESULT", "FILE", "OBJECT", "RULE", "MESSAGE"];

/** A row of each finding, and of each object without any; columns as wide as they need be. */
export function tableOutput({ results }: CheckReport): string {
  const rows = results.flatMap((result) => {
    const place = [`${result.file}:${result.line}`, objectText(result)];
    const findings = findingsOf(result);
    if (findings.length === 0) return [["success", ...place, "", ""]];
    return findings.map((each) => [each.level, ...place, each.rule, oneLine(findingText(each))]);
  });
  return tableText(title, rows);
}

/** Columns as wide as they need be, below a head and a rule. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return `${[head, widths.map((width) => "-".repeat(width)), ...rows].map(lineOf).join("\n")}\n`;
}

/** Without line breaks and other signs that are no text. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}

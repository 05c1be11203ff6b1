import type { Reason, Step } from "@sallyport/admission";
import { paint, wrap } from "../terminal.ts";
import type { CheckReport, CheckResult } from "./checker.ts";

/** The report for people: one block per object that is not simply allowed, and a line of counts. */
export function reportText({ results, assumptions }: CheckReport, verbose: boolean): string {
  const blocks = results
    .filter(
      (each) => verbose || each.verdict !== "allowed" || each.warnings.length > 0 || each.exceptions !== undefined,
    )
    .map((each) => resultText(each, verbose));
  const notes = assumptions.map((text) => paint("dim", `assumed: ${text}`));
  return `${[...blocks, ...notes, countsText(results)].join("\n")}\n`;
}

export function countsText(results: readonly CheckResult[]): string {
  const count = (verdict: CheckResult["verdict"]) => results.filter((each) => each.verdict === verdict).length;
  const exceptions = results.reduce((sum, each) => sum + (each.exceptions?.length ?? 0), 0);
  const exempt = exceptions === 0 ? "" : `, ${exceptions} ${exceptions === 1 ? "exception" : "exceptions"}`;
  return `${count("allowed")} allowed, ${count("denied")} denied, ${count("invalid")} invalid${exempt}`;
}

function resultText(result: CheckResult, verbose: boolean): string {
  const { file, line, kind, namespace, name, verdict, message, warnings, decision } = result;
  const mark = { allowed: paint("green", "allowed"), denied: paint("red", "DENIED"), invalid: paint("red", "INVALID") }[
    verdict
  ];
  const lines = [
    `${paint("bold", `${file}:${line}`)}  ${kind} ${namespace === "" ? name : `${namespace}/${name}`}  ${mark}`,
  ];
  const refusing = decision?.steps.find(({ outcome }) => outcome === "denied" || outcome === "errored");
  if (refusing !== undefined) lines.push(...refusalLines(refusing));
  else if (message !== undefined) lines.push(wrap(message, 96, "    "));
  for (const reason of result.ruleReasons ?? []) lines.push(...reasonLines(reason.source?.policy ?? "rule", reason));
  for (const { rule, message: text } of result.exceptions ?? [])
    lines.push(`    ${paint("cyan", "exception:")} ${rule}: ${text}`);
  for (const warning of warnings) lines.push(`    ${paint("yellow", "warning:")} ${warning}`);
  if (verbose) lines.push(...(decision?.steps ?? []).map(stepLine));
  return lines.join("\n");
}

function refusalLines({ plugin, why, reasons }: Step): readonly string[] {
  if (reasons.length === 0) return [`    ${plugin}: ${why}`];
  return reasons.flatMap((reason) => reasonLines(plugin, reason));
}

function reasonLines(plugin: string, { message, fieldPath, value, source }: Reason): readonly string[] {
  const policy =
    source === undefined
      ? ""
      : `  policy ${source.file === undefined ? source.policy : `${source.file}:${source.line}`}`;
  const field =
    fieldPath === "" ? [] : [`      field ${fieldPath}${value === undefined ? "" : ` = ${JSON.stringify(value)}`}`];
  return [`    ${paint("cyan", plugin)}${policy}`, wrap(message, 94, "      "), ...field];
}

function stepLine({ plugin, phase, outcome, why, cost }: Step): string {
  return paint("dim", `    ${phase.padEnd(10)} ${plugin.padEnd(28)} ${outcome.padEnd(8)} ${cost} µs  ${why}`);
}

import type { Confidence, Finding } from "@sallyport/secrets";
import { githubAnnotation } from "../check/outputs/github.ts";
import { sarifLog } from "../check/outputs/sarif.ts";
import { oneLine, tableText } from "../check/outputs/table.ts";
import { paint } from "../terminal.ts";
import type { ScanReport } from "./scan-files.ts";

/** The values of `secrets scan --output`. */
export const scanOutputs: { readonly [name: string]: (report: ScanReport, least: Confidence) => string } = {
  text: textOutput,
  table: tableOutput,
  json: (report) => `${JSON.stringify(report, undefined, 2)}\n`,
  sarif: sarifOutput,
  github: githubOutput,
  baseline: ({ findings }) =>
    [...new Map(findings.map((each) => [each.fingerprint, each])).values()]
      .map(({ fingerprint, rule, file, path }) => `${fingerprint} # ${rule} ${oneLine(`${file} ${path}`)}\n`)
      .join(""),
};

const levels = { high: "error", medium: "error", low: "warning", info: "note" } as const;
const commands = { error: "error", warning: "warning", note: "notice" } as const;

const colours = { high: "red", medium: "yellow", low: "dim", info: "dim" } as const;

function textOutput(report: ScanReport, least: Confidence): string {
  const lines = report.findings.map((each) => {
    const place = placeText(each);
    return [
      `${paint("bold", `${each.file}:${each.line}`)}${place === "" ? "" : `  ${oneLine(place)}`}`,
      `  ${paint(colours[each.confidence], each.confidence.padEnd(6))}  ${each.what}: ${each.masked}  ${paint("dim", `${each.rule} ${each.fingerprint}`)}`,
    ].join("\n");
  });
  return `${[...lines, countsText(report, least)].join("\n")}\n`;
}

const head: readonly string[] = ["CONFIDENCE", "PLACE", "OBJECT", "FIELD", "RULE", "VALUE", "FINGERPRINT"];

function tableOutput(report: ScanReport, least: Confidence): string {
  const rows = report.findings.map((each) =>
    [
      each.confidence,
      `${each.file}:${each.line}`,
      objectText(each),
      each.path,
      each.rule,
      each.masked,
      each.fingerprint,
    ].map(oneLine),
  );
  return `${rows.length === 0 ? "" : tableText(head, rows)}${countsText(report, least)}\n`;
}

function sarifOutput({ findings }: ScanReport): string {
  const results = findings.map((each) => ({
    rule: each.rule,
    level: levels[each.confidence],
    text: findingText(each),
    place: { file: each.file, line: each.line },
    logical: placeText(each),
    fingerprint: each.fingerprint,
  }));
  return sarifLog(results, true);
}

function githubOutput(report: ScanReport, least: Confidence): string {
  const lines = report.findings.map((each) =>
    githubAnnotation(commands[levels[each.confidence]], each, each.rule, findingText(each)),
  );
  return `${[...lines, countsText(report, least)].join("\n")}\n`;
}

function findingText(finding: Finding): string {
  const { what, confidence, masked, fingerprint } = finding;
  const place = placeText(finding);
  return `${what}, of ${confidence} confidence${place === "" ? "" : `, in ${place}`}: ${masked} (fingerprint ${fingerprint})`;
}

function placeText(finding: Finding): string {
  return [objectText(finding), finding.path].filter(Boolean).join(" ");
}

function objectText({ object }: Finding): string {
  if (object === undefined) return "";
  const { kind, namespace, name } = object;
  return [kind, [namespace, name].filter(Boolean).join("/")].filter(Boolean).join(" ");
}

function countsText({ findings, files, below, known }: ScanReport, least: Confidence): string {
  const count = (confidence: Confidence) => findings.filter((each) => each.confidence === confidence).length;
  const found = (["high", "medium", "low", "info"] as const)
    .filter((confidence) => count(confidence) > 0)
    .map((confidence) => `${count(confidence)} ${confidence}`);
  return [
    `${files} ${files === 1 ? "file" : "files"}: ${found.length === 0 ? "nothing found" : found.join(", ")}`,
    ...(below === 0 ? [] : [`${below} below ${least} (--min-confidence info shows all)`]),
    ...(known === 0 ? [] : [`${known} in the baseline`]),
  ].join("; ");
}

import { version } from "../../version.ts";
import { type CheckReport, type CheckResult, combinedFile } from "../checker.ts";
import { type Finding, findingsOf, findingText, objectText } from "./findings.ts";

const levels = { failure: "error", warning: "warning", exception: "note" } as const;

/** What a log of SARIF tells of one thing that was found. */
export interface SarifResult {
  readonly rule: string;
  readonly level: "error" | "warning" | "note";
  readonly text: string;
  /** Absent for what stands in no one place. */
  readonly place?: { readonly file: string; readonly line: number };
  /** The object, and where in it. */
  readonly logical: string;
  /** By which a later log knows it again. */
  readonly fingerprint?: string;
}

export function sarifOutput({ results }: CheckReport): string {
  const found = results.flatMap((result) => findingsOf(result).map((finding) => resultOf(result, finding)));
  return sarifLog(
    found,
    results.every(({ verdict }) => verdict !== "invalid"),
  );
}

/** SARIF 2.1.0, as code scanning reads it. https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
export function sarifLog(results: readonly SarifResult[], isSuccessful: boolean): string {
  const rules = [...new Set(results.map(({ rule }) => rule))].sort();
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "sallyport",
            version,
            rules: rules.map((id) => ({ id, shortDescription: { text: `found by ${id}` } })),
          },
        },
        invocations: [{ executionSuccessful: isSuccessful }],
        results: results.map((each) => loggedResult(each, rules.indexOf(each.rule))),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function loggedResult({ rule, level, text, place, logical, fingerprint }: SarifResult, ruleIndex: number): object {
  return {
    ruleId: rule,
    ruleIndex,
    level,
    message: { text },
    locations: [
      {
        ...(place === undefined ? {} : { physicalLocation: physicalLocation(place) }),
        logicalLocations: [{ fullyQualifiedName: logical }],
      },
    ],
    ...(fingerprint === undefined ? {} : { partialFingerprints: { "secretFingerprint/v1": fingerprint } }),
  };
}

function resultOf(result: CheckResult, finding: Finding): SarifResult {
  const { file, line } = result;
  return {
    rule: finding.rule,
    level: levels[finding.level],
    text: `${objectText(result)}: ${findingText(finding)}`,
    ...(file === combinedFile ? {} : { place: { file, line } }),
    logical: [objectText(result), ...(finding.field === undefined ? [] : [finding.field])].join(" "),
  };
}

function physicalLocation({ file, line }: { readonly file: string; readonly line: number }): object {
  return { artifactLocation: { uri: uriOf(file) }, region: { startLine: line } };
}

/** A URI reference: relative as the path is. */
function uriOf(file: string): string {
  return file.split("/").map(encodeURIComponent).join("/");
}

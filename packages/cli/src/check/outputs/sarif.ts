import { version } from "../../version.ts";
import { type CheckReport, type CheckResult, combinedFile } from "../checker.ts";
import { type Finding, findingsOf, findingText, objectText } from "./findings.ts";

const levels = { failure: "error", warning: "warning", exception: "note" } as const;

/** SARIF 2.1.0, as code scanning reads it. https://docs.oasis-open.org/sarif/sarif/v2.1.0/ */
export function sarifOutput({ results }: CheckReport): string {
  const found = results.flatMap((result) => findingsOf(result).map((finding) => ({ result, finding })));
  const rules = [...new Set(found.map(({ finding }) => finding.rule))].sort();
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
        invocations: [{ executionSuccessful: results.every(({ verdict }) => verdict !== "invalid") }],
        results: found.map(({ result, finding }) => resultOf(result, finding, rules.indexOf(finding.rule))),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function resultOf(result: CheckResult, finding: Finding, ruleIndex: number): object {
  const logical = {
    fullyQualifiedName: [objectText(result), ...(finding.field === undefined ? [] : [finding.field])].join(" "),
  };
  return {
    ruleId: finding.rule,
    ruleIndex,
    level: levels[finding.level],
    message: { text: `${objectText(result)}: ${findingText(finding)}` },
    locations: [
      {
        ...(result.file === combinedFile ? {} : { physicalLocation: placeOf(result) }),
        logicalLocations: [logical],
      },
    ],
  };
}

function placeOf({ file, line }: CheckResult): object {
  return { artifactLocation: { uri: uriOf(file) }, region: { startLine: line } };
}

/** A URI reference: relative as the path is. */
function uriOf(file: string): string {
  return file.split("/").map(encodeURIComponent).join("/");
}

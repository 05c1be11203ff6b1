import type { CheckReport } from "../checker.ts";
import { countsText } from "../report.ts";
import { byFile, type Finding, findingsOf, findingText, objectText } from "./findings.ts";

const commands = { failure: "error", warning: "warning", exception: "notice" } as const;

/** Workflow commands of GitHub Actions: annotations at the lines of the objects. https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
export function githubOutput({ results }: CheckReport): string {
  const groups = [...byFile(results)].map(([file, inside]) => {
    const lines = inside.flatMap((result) =>
      findingsOf(result).map((each) => {
        const text = `${objectText(result)}: ${findingText(each)}`;
        return githubAnnotation(commands[each.level], { file, line: result.line }, each.rule, text);
      }),
    );
    return [`::group::${message(file)}`, ...lines, "::endgroup::"].join("\n");
  });
  return `${[...groups, countsText(results)].join("\n")}\n`;
}

/** One annotation, at a line of a file. */
export function githubAnnotation(
  command: "error" | "warning" | "notice",
  { file, line }: { readonly file: string; readonly line: number },
  title: string,
  text: string,
): string {
  return `::${command} file=${property(file)},line=${line},title=${property(title)}::${message(text)}`;
}

/** Logging commands of Azure Pipelines. https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands */
export function azureDevOpsOutput({ results }: CheckReport): string {
  const groups = [...byFile(results)].map(([file, inside]) => {
    const lines = inside.flatMap((result) =>
      findingsOf(result).map((each) => azureLine(file, result.line, objectText(result), each)),
    );
    return [`##[group]${oneLine(file)}`, ...lines, "##[endgroup]"].join("\n");
  });
  return `${[...groups, countsText(results)].join("\n")}\n`;
}

function azureLine(file: string, line: number, object: string, each: Finding): string {
  const text = oneLine(`${object}: ${findingText(each)}`);
  if (each.level === "exception") return `##[debug]${text}`;
  const type = each.level === "failure" ? "error" : "warning";
  const place = file.replace(/[;\]%]/g, (char) => azureEscapes[char] ?? char);
  return `##vso[task.logissue type=${type};sourcepath=${oneLine(place)};linenumber=${line}]${text}`;
}

const azureEscapes: { readonly [char: string]: string } = { ";": "%3B", "]": "%5D", "%": "%AZP25" };

function message(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return message(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

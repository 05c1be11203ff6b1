import { type StatisticsEntry, type TestedResult, targetName as target } from "@sallyport/constraints";
import { sortedJson } from "./sorted-json.ts";
import { goYaml } from "./yaml-text.ts";

/** What is told beside results. */
export interface ResultNotes {
  /** Undefined where they are not wanted. */
  readonly entries: readonly StatisticsEntry[] | undefined;
  readonly trace: string | undefined;
}

/** What `gator test` prints: a line for each, or JSON, or YAML. */
export function resultsText(results: readonly TestedResult[], output: string, notes: ResultNotes): string {
  if (output === "json") return JSON.stringify(jsonWith(results, notes), undefined, "    ");
  if (output === "yaml") return yamlWith(results, notes);
  if (output === "default") return "";
  return results.map((each) => lineOf(each, notes)).join("");
}

function jsonWith(all: readonly TestedResult[], { entries, trace }: ResultNotes): unknown {
  const results = all.length === 0 ? null : all.map((each) => jsonOf(each, trace));
  return entries === undefined ? results : { results, stats: entries };
}

/** What is a struct in Go keeps its order: the list, a result of the list, and the framework's part of it. */
function yamlWith(all: readonly TestedResult[], { entries, trace }: ResultNotes): string {
  const results = all.map((each) => yamlOf(each, trace));
  if (entries === undefined) return results.length === 0 ? "[]\n" : goYaml(results, 3);
  const stats = entries.map(({ scope, statsFor, stats, labels }) => ({
    scope,
    statsfor: statsFor,
    stats,
    labels,
  }));
  return goYaml({ results }, 4) + goYaml({ stats }, 5);
}

function lineOf(
  { violatingObject: { apiVersion, kind, metadata }, constraint, msg }: TestedResult,
  { trace }: ResultNotes,
): string {
  const { name = "", namespace = "" } = metadata;
  const shown = namespace === "" ? name : `${namespace}/${name}`;
  const line = `${apiVersion}/${kind} ${shown}: [${JSON.stringify(constraint.name)}] Message: ${JSON.stringify(msg)}\n`;
  return trace === undefined ? line : `${line}Trace: ${trace}`;
}

function jsonOf(
  { msg, details, constraint, enforcementAction, scopedActions, violatingObject }: TestedResult,
  trace: string | undefined,
): object {
  return {
    target,
    ...(msg === "" ? {} : { msg }),
    ...(details === undefined ? {} : { metadata: { details: sortedJson(details as object) } }),
    constraint: sortedJson(constraint.object),
    ...(enforcementAction === "" ? {} : { enforcementAction }),
    ...(scopedActions.length === 0 ? {} : { scopedActions }),
    violatingObject: sortedJson(violatingObject),
    trace: trace ?? null,
  };
}

/** Without names of its own Go writes fields in lower case, and the constraint's object below its field. */
function yamlOf(
  { msg, details, constraint, enforcementAction, scopedActions, violatingObject }: TestedResult,
  trace: string | undefined,
): object {
  return {
    result: {
      target,
      msg,
      metadata: details === undefined ? {} : { details },
      constraint: { object: constraint.object },
      enforcementaction: enforcementAction,
      scopedenforcementactions: scopedActions,
    },
    violatingObject,
    trace: trace ?? null,
  };
}

import { type TestedResult, targetName as target } from "@sallyport/constraints";
import { sortedJson } from "./sorted-json.ts";
import { goYaml } from "./yaml-text.ts";

/** What `gator test` prints: a line for each, or JSON, or YAML. */
export function resultsText(results: readonly TestedResult[], output: string): string {
  if (output === "json") return results.length === 0 ? "null" : JSON.stringify(results.map(jsonOf), undefined, "    ");
  // The list, a result of the list, and the framework's part of it are structs in Go.
  if (output === "yaml") return results.length === 0 ? "[]\n" : goYaml(results.map(yamlOf), 3);
  if (output === "default") return "";
  return results.map(lineOf).join("");
}

function lineOf({ violatingObject: { apiVersion, kind, metadata }, constraint, msg }: TestedResult): string {
  const { name = "", namespace = "" } = metadata;
  const shown = namespace === "" ? name : `${namespace}/${name}`;
  return `${apiVersion}/${kind} ${shown}: [${JSON.stringify(constraint.name)}] Message: ${JSON.stringify(msg)}\n`;
}

function jsonOf({ msg, details, constraint, enforcementAction, scopedActions, violatingObject }: TestedResult): object {
  return {
    target,
    ...(msg === "" ? {} : { msg }),
    ...(details === undefined ? {} : { metadata: { details: sortedJson(details as object) } }),
    constraint: sortedJson(constraint.object),
    ...(enforcementAction === "" ? {} : { enforcementAction }),
    ...(scopedActions.length === 0 ? {} : { scopedActions }),
    violatingObject: sortedJson(violatingObject),
    trace: null,
  };
}

/** Without names of its own Go writes fields in lower case, and the constraint's object below its field. */
function yamlOf({ msg, details, constraint, enforcementAction, scopedActions, violatingObject }: TestedResult): object {
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
    trace: null,
  };
}

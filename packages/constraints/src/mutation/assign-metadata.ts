import type { KubeObject } from "@sallyport/kube";
import { matchesObject } from "../match/match.ts";
import { assignedValue, checkAssigned, setAssigned } from "./assigned-value.ts";
import { idOf, locationOf, type Mutator, nameOf, specOf } from "./mutator.ts";
import type { Path } from "./path.ts";
import { pathText } from "./path.ts";
import { readPathTests } from "./path-tests.ts";

/** Adds a label or an annotation that is not there. Throws an error of one line. https://open-policy-agent.github.io/gatekeeper/website/docs/mutation/#assignmetadata */
export function readAssignMetadata(object: KubeObject): Mutator {
  const { location = "", match = {}, parameters } = specOf(object);
  const path = locationOf(object);
  if (!isLabelOrAnnotation(path)) throw new Error(`invalid location for assignmetadata ${nameOf(object)}: ${location}`);
  const assign = checkAssigned(parameters?.["assign"]);
  if (assign.externalData !== undefined && assign.externalData.dataSource !== "Username")
    throw new Error(`only username data source is supported for assignmetadata ${nameOf(object)}`);
  if (assign.value !== undefined && typeof assign.value !== "string")
    throw new Error(
      `spec.parameters.assign.value field must be a string for AssignMetadata ${JSON.stringify(nameOf(object))}`,
    );
  return {
    id: idOf(object),
    path,
    tests: readPathTests(path, [{ subPath: pathText(path), condition: "MustNotExist" }]),
    bindings: undefined,
    terminal: "Unknown",
    mustTerminate: assign.externalData !== undefined,
    matches: (mutable) => matchesObject(match, mutable),
    setter: (mutable) => ({ setField: (holder, field) => setAssigned(holder, field, assignedValue(assign, mutable)) }),
  };
}

function isLabelOrAnnotation(path: Path): boolean {
  const fields = path.map((node) => (node.kind === "object" ? node.field : undefined));
  return (
    path.length === 3 &&
    fields[0] === "metadata" &&
    (fields[1] === "labels" || fields[1] === "annotations") &&
    fields[2] !== undefined
  );
}

import { isSameJson, type KubeObject } from "@sallyport/kube";
import { nested, textOf } from "../fields.ts";
import type { Setter } from "./change.ts";
import { boundParts, idOf, isMetadata, locationOf, type Mutator, nameOf, specOf } from "./mutator.ts";

/** Adds values to a list that is a set, or takes them out of it. Throws an error of one line. https://open-policy-agent.github.io/gatekeeper/website/docs/mutation/#modifyset */
export function readModifySet(object: KubeObject): Mutator {
  const path = locationOf(object);
  if (isMetadata(path)) throw new Error(`modifyset ${nameOf(object)} can't change metadata`);
  if (path.at(-1)?.kind === "list") throw new Error("final node in a modifyset location cannot be a keyed list");
  const { parameters = {} } = specOf(object);
  const operation = textOf(parameters["operation"] ?? "merge");
  const given = nested(parameters, "values", "fromList");
  const values: readonly unknown[] = Array.isArray(given) ? given : [];
  return {
    id: idOf(object),
    path,
    ...boundParts(object, path),
    terminal: "Set",
    mustTerminate: false,
    setter: () => setterOf(operation, values),
  };
}

function setterOf(operation: string, values: readonly unknown[]): Setter {
  return {
    setField: (holder, field) => {
      if (operation !== "merge" && operation !== "prune")
        throw new Error(`unrecognized operation for modifyset: ${operation}`);
      if (!Object.hasOwn(holder, field)) {
        if (operation === "merge") holder[field] = structuredClone(values);
        return;
      }
      const current: unknown = holder[field];
      if (!Array.isArray(current))
        throw new Error(`${JSON.stringify(current)} is not a list of values, cannot treat it as a set`);
      holder[field] = operation === "merge" ? merged(current, values) : current.filter((each) => !has(values, each));
    },
  };
}

function merged(current: readonly unknown[], values: readonly unknown[]): readonly unknown[] {
  const all = [...current];
  for (const value of values) if (!has(all, value)) all.push(structuredClone(value));
  return all;
}

function has(values: readonly unknown[], value: unknown): boolean {
  return values.some((each) => isSameJson(each, value));
}

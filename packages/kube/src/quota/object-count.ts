import { qualifiedResource } from "../object.ts";
import { countOf } from "./amounts.ts";
import type { Evaluator } from "./evaluator.ts";

/** `count/deployments.apps`. */
export function countName(group: string, resource: string): string {
  return `count/${qualifiedResource({ group, resource })}`;
}

/** A resource of which only the number counts, by its own name and perhaps an older one. */
export function objectCount(group: string, resource: string, alias?: string): Evaluator {
  const names = [countName(group, resource), ...(alias === undefined ? [] : [alias])];
  return {
    matches: (name) => names.includes(name),
    usage: () => new Map(names.map((name) => [name, countOf(1)])),
    inScope: () => false,
    handles: ({ operation, subresource }) => operation === "CREATE" && subresource === "",
  };
}

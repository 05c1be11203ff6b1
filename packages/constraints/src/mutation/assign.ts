import type { KubeObject } from "@sallyport/kube";
import { isFields } from "../fields.ts";
import { assignedValue, checkAssigned, setAssigned } from "./assigned-value.ts";
import { type Draft, isDraft } from "./change.ts";
import { boundParts, checkKeys, idOf, isMetadata, locationOf, type Mutator, nameOf, specOf } from "./mutator.ts";
import type { Path } from "./path.ts";

/** Sets a field, or an item of a list, outside of metadata. Throws an error of one line. https://open-policy-agent.github.io/gatekeeper/website/docs/mutation/#assign */
export function readAssign(object: KubeObject): Mutator {
  const path = locationOf(object);
  if (isMetadata(path)) throw new Error(`assign ${nameOf(object)} can't change metadata`);
  checkKeys(path);
  const assign = checkAssigned(specOf(object).parameters?.["assign"]);
  if (assign.value !== undefined) checkItem(path, assign.value);
  if (path.at(-1)?.kind === "list" && assign.fromMetadata !== undefined)
    throw new Error("cannot assign a metadata field to a list");
  if (path.at(-1)?.kind === "list" && assign.externalData !== undefined)
    throw new Error("cannot assign external data response to a list");
  return {
    id: idOf(object),
    path,
    ...boundParts(object, path),
    terminal: "Unknown",
    mustTerminate: assign.externalData !== undefined,
    setter: (mutable) => {
      const value = assignedValue(assign, mutable);
      return {
        setField: (holder, field) => setAssigned(holder, field, value),
        listItem: () => {
          if (!isDraft(value))
            throw new Error(`assign.value for keyed list is not an object: ${JSON.stringify(value)}`);
          return structuredClone(value) as Draft;
        },
      };
    },
  };
}

/** An item must have the key by which its place in the list is found. */
function checkItem(path: Path, value: unknown): void {
  const last = path.at(-1);
  if (last?.kind !== "list") return;
  if (last.value === undefined) throw new Error("can't append to a globbed list");
  if (!isFields(value))
    throw new Error(`invalid value: \`${JSON.stringify(value)}\`, only objects can be added to keyed lists`);
  if (value[last.key] !== last.value)
    throw new Error(
      `adding object to list with different key ${last.key}: list key ${last.value}, object key ${String(value[last.key] ?? "<nil>")}`,
    );
}

import { mergeObjects } from "../run/runtime.ts";
import { isObject, lookup } from "../value/access.ts";
import { lookupBase } from "../value/base-path.ts";
import { RegoObject, sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import type { Frame } from "./frame.ts";
import { timed } from "./instrumentation.ts";
import type { Node } from "./node.ts";

/** Base data at a path, as `with` has changed it. Rules may use what they know to be unknown: that is asked before. */
export function baseDocument(frame: Frame, path: readonly Node[]): Value | undefined {
  return timed(frame.machine.instrumentation, "eval_op_resolve", () => resolve(frame, path));
}

function resolve(frame: Frame, path: readonly Node[]): Value | undefined {
  const replaced = valueAt(frame.data, path);
  if (frame.machine.isReplaced(path)) return replaced;
  const base = valueAt(path.length === 1 ? withoutSystem(frame.baseData) : frame.baseData, path);
  frame.machine.baseReads?.note(path, base !== undefined);
  if (replaced === undefined || base === undefined) return replaced ?? base;
  return mergeObjects(replaced, base);
}

function valueAt(document: Value | undefined, path: readonly Node[]): Value | undefined {
  let value = document;
  for (const key of path.slice(1)) {
    if (value === undefined || key.kind !== "known") return undefined;
    value = lookupBase(value, key.value);
  }
  return value;
}

/** `data.system` is not part of `data`. */
function withoutSystem(data: Value): Value {
  if (!isObject(data) || lookup(data, "system") === undefined) return data;
  return RegoObject.of(sortedEntries(data).filter(([key]) => key !== "system"));
}

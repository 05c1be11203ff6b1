import { lookup } from "../value/access.ts";
import { RegoSet } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import type { Bindings, Bound } from "./bindings.ts";
import type { Frame, Next, Stop } from "./frame.ts";
import { entriesOf } from "./lists.ts";
import { known, type Node, refNode } from "./node.ts";
import { equation } from "./raise.ts";
import { isSameNode } from "./save.ts";

/** A ref whose first `at` terms have led to `base`. Whatever it leads to in the end must equal `result`. */
export interface Selection {
  readonly frame: Frame;
  readonly ref: readonly Node[];
  readonly at: number;
  readonly bindings: Bindings;
  readonly base: Bound;
  readonly result: Bound;
}

/** Follows a ref into a value. */
export function selectTerm(selection: Selection, next: Next): Stop | undefined {
  const { frame, ref, at, bindings, base, result } = selection;
  const key = ref[at];
  if (key === undefined) return frame.biunify(base.node, result.node, base.bindings, result.bindings, next);
  if (frame.machine.partial?.saveSet.contains(base.node, base.bindings) === true) return saveRest(selection, next);
  const plugged = bindings.plug(key);
  return plugged.kind === "known" ? descend(selection, plugged, next) : enumerate(selection, key, next);
}

function descend(selection: Selection, key: Node, next: Next): Stop | undefined {
  const found = partAt(selection.base, key);
  if (found === undefined) return undefined;
  return selectTerm({ ...selection, base: found, at: selection.at + 1 }, next);
}

function partAt({ node, bindings }: Bound, key: Node): Bound | undefined {
  const value = key.kind === "known" ? key.value : undefined;
  switch (node.kind) {
    case "known": {
      const part = value === undefined ? undefined : lookup(node.value, value);
      return part === undefined ? undefined : { node: known(part), bindings };
    }
    case "array": {
      const part = typeof value === "number" ? node.items[value] : undefined;
      return part && bindings.apply(part);
    }
    case "set": {
      const part = node.items.find((each) => isSameNode(bindings.plug(each), key));
      return part && { node: key, bindings };
    }
    case "object": {
      const entry = node.entries.find(([each]) => isSameNode(bindings.plug(each), key));
      return entry && bindings.apply(entry[1]);
    }
    default:
      return undefined;
  }
}

/** All keys in turn. A stop that is meant for someone further out does not end the loop. */
function enumerate(selection: Selection, key: Node, next: Next): Stop | undefined {
  const { base } = selection;
  let deferred: Stop | undefined;
  for (const each of keysOf(base.node)) {
    const stop = withKey(selection, key, each, () => descend(selection, base.bindings.plug(each), next));
    if (stop === undefined) continue;
    if (!stop.deferred) return stop;
    deferred ??= stop;
  }
  return deferred;
}

/** As in OPA, a variable that is an index of an array gets its value even where it is unknown; else that would be saved. */
function withKey({ frame, bindings, base }: Selection, key: Node, each: Node, next: Next): Stop | undefined {
  const variable = bindings.apply(key);
  if (frame.machine.partial === undefined || variable.node.kind !== "var" || !isArray(base.node))
    return frame.biunify(each, key, base.bindings, bindings, next);
  if (frame.machine.tracer !== undefined)
    frame.trace("Unify", { kind: "step", step: equation(each, key, frame.loc), loc: undefined });
  variable.bindings.bind(variable.node, each, base.bindings);
  const stop = next();
  variable.bindings.unbind(variable.node);
  return stop;
}

function isArray(node: Node): boolean {
  return node.kind === "array" || (node.kind === "known" && Array.isArray(node.value));
}

function keysOf(node: Node): readonly Node[] {
  if (node.kind === "array") return node.items.map((_, i) => known(i));
  if (node.kind === "set") return node.items;
  if (node.kind === "known" && Array.isArray(node.value)) return node.value.map((_: Value, i: number) => known(i));
  if (node.kind === "known" && node.value instanceof RegoSet) return node.value.sorted().map((each) => known(each));
  return (entriesOf(node) ?? []).map(([key]) => key);
}

/** The value is unknown: it gets a var, and the rest of the ref begins with that. */
function saveRest({ frame, ref, at, bindings, base, result }: Selection, next: Next): Stop | undefined {
  const variable = frame.refVar();
  return frame.biunify(base.node, variable, base.bindings, bindings, () =>
    frame.biunify(refNode([variable, ...ref.slice(at)]), result.node, bindings, result.bindings, next),
  );
}

import { overLimit } from "../run/errors.ts";
import { isObject, lookup, typeName } from "../value/access.ts";
import { RegoSet, sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import { type Builtin, operandTypeError } from "./builtin.ts";
import { objectAt } from "./operands.ts";

/** The vertices of an array or set; anything else has none. */
function vertices(value: Value): readonly Value[] {
  if (value instanceof RegoSet) return value.sorted();
  return Array.isArray(value) ? (value as readonly Value[]) : [];
}

function initialAt(args: readonly Value[]): readonly Value[] {
  const initial = args[1] as Value;
  if (Array.isArray(initial) || initial instanceof RegoSet) return vertices(initial);
  throw operandTypeError(2, "{array, set}", typeName(initial));
}

function reachable(args: readonly Value[]): Value {
  const graph = objectAt(args, 1);
  const waiting: Value[] = [...initialAt(args)];
  const reached = new RegoSet();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const edges = lookup(graph, node);
    if (edges === undefined || reached.has(node)) continue;
    reached.add(node);
    for (const neighbour of vertices(edges)) if (!reached.has(neighbour)) waiting.push(neighbour);
  }
  return reached;
}

/** Paths multiply: a small graph can have more than memory holds. */
const maxPaths = 1_000_000;
const maxPathKeys = 1_000_000;

/** Every path from an initial vertex until a vertex without edges, one outside of the graph, or one already on the path. */
function reachablePaths(args: readonly Value[]): Value {
  const graph = objectAt(args, 1);
  const initial = initialAt(args);
  const found = new RegoSet();
  let keys = 0;
  const add = (path: readonly Value[]) => {
    found.add(path);
    if ((keys += path.length) > maxPathKeys) throw overLimit(`paths of more than ${maxPathKeys} vertices in all`);
    if (found.size > maxPaths) throw overLimit(`more than ${maxPaths} paths`);
  };
  const follow = (node: Value, path: readonly Value[], visited: RegoSet) => {
    const edges = lookup(graph, node);
    if (edges === undefined) return add(path);
    const here = [...path, node];
    const next = vertices(edges);
    if (next.length === 0) return add(here);
    const seen = RegoSet.of([...visited.values(), node]);
    for (const neighbour of next) {
      if (seen.has(neighbour)) add(here);
      else follow(neighbour, here, seen);
    }
  };
  for (const node of initial) {
    const edges = lookup(graph, node);
    if (edges === undefined) continue;
    const next = vertices(edges);
    if (next.length === 0) add([node]);
    // The first edge is followed even when it leads back.
    for (const neighbour of next) follow(neighbour, [node], RegoSet.of([node]));
  }
  return found;
}

/** Deeper documents cannot come from JSON that anybody writes. */
const maxDepth = 10_000;

/** Paths of a deep value are many times as large as itself. */
const maxKeys = 10_000_000;

/** All paths of a value with what lies there, the value itself first. */
function walkPaths(value: Value): Value {
  const found: Value[] = [];
  let keys = 0;
  const visit = (each: Value, path: readonly Value[]) => {
    if (path.length > maxDepth) throw overLimit(`a value of more than ${maxDepth} levels`);
    if ((keys += path.length) > maxKeys) throw overLimit(`paths of more than ${maxKeys} keys in all`);
    found.push([path, each]);
    if (Array.isArray(each)) {
      for (const [i, item] of (each as readonly Value[]).entries()) visit(item, [...path, i]);
    } else if (each instanceof RegoSet) {
      for (const item of each.sorted()) visit(item, [...path, item]);
    } else if (isObject(each)) {
      for (const [key, item] of sortedEntries(each)) visit(item, [...path, key]);
    }
  };
  visit(value, []);
  return found;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/graph */
export const graph: readonly Builtin[] = [
  { name: "graph.reachable", call: reachable },
  { name: "graph.reachable_paths", call: reachablePaths },
  { name: "walk", call: ([value]) => walkPaths(value as Value) },
];

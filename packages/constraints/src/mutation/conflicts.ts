import type { Mutator, TerminalType } from "./mutator.ts";
import type { Path, PathNode } from "./path.ts";

type NodeType = TerminalType | "Object";

/** What mutators take for granted of one place in objects of a kind. */
class Place {
  /** By the field or the list's key, then by what is taken to be there: more than one type is a conflict. */
  readonly children = new Map<string, Map<NodeType, Place>>();
  readonly mutators = new Set<string>();
  readonly terminating = new Set<string>();

  add({ id, terminal, mustTerminate }: Mutator, path: Path): void {
    this.mutators.add(id);
    const [node, ...rest] = path;
    if (node === undefined) {
      if (mustTerminate) this.terminating.add(id);
      return;
    }
    const types = this.children.get(keyOf(node)) ?? new Map<NodeType, Place>();
    this.children.set(keyOf(node), types);
    const type = typeOf(rest, terminal);
    const child = types.get(type) ?? new Place();
    types.set(type, child);
    child.add({ id, terminal, mustTerminate } as Mutator, rest);
  }

  /** Those that do not agree on a place of the path. */
  *conflicts(path: Path, terminal: TerminalType): Iterable<string> {
    const [node, ...rest] = path;
    const types = node && this.children.get(keyOf(node));
    if (types === undefined) return;
    yield* conflictsOf(types);
    yield* types.get(typeOf(rest, terminal))?.conflicts(rest, terminal) ?? [];
  }
}

function typeOf([next]: Path, terminal: TerminalType): NodeType {
  if (next === undefined) return terminal;
  return next.kind === "list" ? "List" : "Object";
}

function keyOf(node: PathNode): string {
  return node.kind === "object" ? node.field : node.key;
}

/** Of what one key is taken for: two types, a list with two keys, or something below what must be the end. */
function* conflictsOf(types: ReadonlyMap<NodeType, Place>): Iterable<string> {
  const known = [...types].filter(([type]) => type !== "Unknown");
  for (const [type, child] of known)
    if (known.length > 1 || (type === "List" && child.children.size > 1)) yield* child.mutators;
  const all = [...types.values()];
  const ends = all.flatMap(({ terminating }) => [...terminating]);
  const further = all.flatMap(({ children }) => [...children.values()].flatMap((each) => [...each.values()]));
  if (ends.length === 0 || further.length === 0) return;
  yield* ends;
  for (const place of further) yield* place.mutators;
}

/** The mutators that take objects of a kind to be built in different ways, each with those that it does not agree with and itself, in order. */
export function conflictingMutators(mutators: readonly Mutator[]): ReadonlyMap<string, readonly string[]> {
  const schemas = new Map<string, Place>();
  for (const mutator of mutators)
    for (const binding of mutator.bindings ?? []) {
      const root = schemas.get(binding) ?? new Place();
      schemas.set(binding, root);
      root.add(mutator, mutator.path);
    }
  return new Map(
    mutators.flatMap(({ id, bindings = [], path, terminal }) => {
      const roots = bindings.map((binding) => schemas.get(binding) as Place);
      const found = new Set(roots.flatMap((root) => [...root.conflicts(path, terminal)]));
      return found.size === 0 ? [] : [[id, [...found].sort()] as const];
    }),
  );
}

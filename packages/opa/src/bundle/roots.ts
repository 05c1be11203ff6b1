import { isObject, type Value } from "@sallyport/rego";

/** True when a path lies at or below a root; both are `a/b`, and `""` is the root of all. */
export function isBelowRoot(path: string, root: string): boolean {
  return root === "" || path === root || path.startsWith(`${root}/`);
}

export function rootsOverlap(a: string, b: string): boolean {
  return isBelowRoot(a, b) || isBelowRoot(b, a);
}

/** The first two roots that own the same document; undefined when there are none. */
export function overlappingRoots(roots: readonly string[]): readonly [string, string] | undefined {
  for (const [i, a] of roots.entries()) for (const b of roots.slice(i + 1)) if (rootsOverlap(a, b)) return [a, b];
  return undefined;
}

/** The path of a document that no root owns; undefined when all are owned. Objects above a root are only the way to it. */
export function pathOutsideRoots(data: Value, roots: readonly string[], path = ""): string | undefined {
  if (roots.some((root) => isBelowRoot(path, root))) return undefined;
  const isWay = path === "" || roots.some((root) => isBelowRoot(root, path));
  if (!isWay || !isObject(data)) return `/${path}`;
  for (const [key, value] of Object.entries(data)) {
    const outside = pathOutsideRoots(value as Value, roots, path === "" ? key : `${path}/${key}`);
    if (outside !== undefined) return outside;
  }
  return undefined;
}

interface Owner {
  readonly name: string;
  readonly roots: readonly string[];
}

/** Bundles that own the same documents, as OPA tells it; undefined when there are none. */
export function rootConflict(bundles: readonly Owner[]): string | undefined {
  const names = new Set<string>();
  const reasons = new Set<string>();
  for (const [i, a] of bundles.entries())
    for (const b of bundles.slice(i + 1))
      for (const reason of overlapReasons(a, b)) {
        names.add(a.name).add(b.name);
        reasons.add(reason);
      }
  if (names.size === 0) return undefined;
  const list = [...names].sort().join(", ");
  const empty = bundles.filter(({ roots }) => roots.includes("")).map(({ name }) => name);
  if (empty.length > 0)
    return `bundles [${list}] have overlapping roots and cannot be activated simultaneously because bundle(s) [${empty.sort().join(", ")}] specify empty root paths ('') which overlap with any other bundle root`;
  return `detected overlapping roots in manifests for these bundles: [${list}] (${[...reasons].sort().join(", ")})`;
}

function overlapReasons(a: Owner, b: Owner): readonly string[] {
  return a.roots.flatMap((one) =>
    b.roots
      .filter((other) => rootsOverlap(one, other))
      .map((other) => (one === other ? `root ${one} is in multiple bundles` : `${one} overlaps ${other}`)),
  );
}

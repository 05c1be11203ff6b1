/** The names in either. */
export function union(a: Iterable<string>, b: Iterable<string>): Set<string> {
  const all = new Set(a);
  for (const name of b) all.add(name);
  return all;
}

/** The names of `a` that are not in `b`. */
export function difference(a: Iterable<string>, b: ReadonlySet<string>): Set<string> {
  const rest = new Set<string>();
  for (const name of a) if (!b.has(name)) rest.add(name);
  return rest;
}

export function isSubset(a: Iterable<string>, b: ReadonlySet<string>): boolean {
  for (const name of a) if (!b.has(name)) return false;
  return true;
}

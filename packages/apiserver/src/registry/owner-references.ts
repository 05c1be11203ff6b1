import type { KubeObject, OwnerReference } from "@sallyport/kube";

/** An object that tells each of its owners once. `when` says what has told one twice; the user is warned of it. */
export function withDistinctOwners(
  object: KubeObject,
  warn: (text: string) => void,
  when: "sent" | "admitted",
): KubeObject {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length < 2) return object;
  const distinct: OwnerReference[] = [];
  const twice: OwnerReference[] = [];
  const seen = new Set<string>();
  for (const owner of owners) {
    const key = JSON.stringify(Object.entries(owner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    (seen.has(key) ? twice : distinct).push(owner);
    seen.add(key);
  }
  if (twice.length === 0) return object;
  const late = when === "admitted" ? " after mutating admission happens" : "";
  warn(
    `.metadata.ownerReferences contains duplicate entries${late}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${twice.map(({ uid }) => uid).join(", ")}`,
  );
  return { ...object, metadata: { ...object.metadata, ownerReferences: distinct } };
}

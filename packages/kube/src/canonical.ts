/** JSON text that does not depend on the order of keys: sorted, as Go writes maps. Empty for undefined. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, sortKeys) ?? "";
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

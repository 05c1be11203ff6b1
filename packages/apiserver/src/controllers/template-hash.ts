/** Letters and digits that spell no words and are not mistaken for each other: Kubernetes' safe alphabet. */
const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** A short name for a template: FNV-1a of its JSON with ordered keys, in letters that names may have. `collisions` makes another one. */
export function templateHash(template: unknown, collisions = 0): string {
  let hash = 0x811c9dc5;
  const text = JSON.stringify(template, ordered) + (collisions === 0 ? "" : String(collisions));
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return letters(hash);
}

/**
 * The name of a revision of a StatefulSet, as kube-controller-manager makes it: FNV-1 of the bytes that Go writes the data as, and of
 * how many names were taken.
 */
export function revisionHash(data: unknown, collisions: number): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(goJson(data) + String(collisions)))
    hash = (Math.imul(hash, 0x01000193) ^ byte) >>> 0;
  return letters(hash);
}

/** encoding/json's text of a map: ordered keys, and nothing that HTML would take for markup. */
function goJson(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, ordered).replace(/[<>&\u2028\u2029]/g, escaped);
}

function letters(hash: number): string {
  return [...String(hash)].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join("");
}

function ordered(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

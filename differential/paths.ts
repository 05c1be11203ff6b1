import { keys } from "./document.ts";

export type PathKind = "any" | "number" | "string" | "array" | "object" | "collection";

/** References to what the documents of a program hold, by what they give. */
export type Paths = Readonly<Record<PathKind, readonly string[]>>;

type Found = Record<PathKind, string[]>;

/** Of the JSON of documents, each under its reference, such as `input`. */
export function pathsOf(documents: Readonly<Record<string, string>>): Paths {
  const found: Found = { any: [], number: [], string: [], array: [], object: [], collection: [] };
  for (const [path, json] of Object.entries(documents)) addMembers(found, path, JSON.parse(json));
  return found;
}

function addMembers(found: Found, path: string, value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    const inner = path + (Array.isArray(value) ? `[${key}]` : partText(key));
    for (const kind of kindsOf(member)) found[kind].push(inner);
    addMembers(found, inner, member);
  }
}

function partText(key: string): string {
  return keys.slice(0, 3).includes(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function kindsOf(value: unknown): readonly PathKind[] {
  if (Array.isArray(value)) return ["any", "array", "collection"];
  if (typeof value === "number" || typeof value === "string") return ["any", typeof value as "number" | "string"];
  return typeof value === "object" && value !== null ? ["any", "object", "collection"] : ["any"];
}

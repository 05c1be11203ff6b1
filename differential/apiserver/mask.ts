import type { Answer } from "./api-client.ts";

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const tokenVolume = /kube-api-access-[a-z0-9]{5}/g;
const timestamp = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;
/** The server's own count of writes, where a text tells it. */
const revision =
  /(resource version:|ResourceVersion in record|ResourceVersion in (?:precondition|object meta):|current:) \(?\d+\)?/g;

/** Fields that are each server's own affair, by name. */
const own: ReadonlySet<string> = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
  "time",
  "continue",
]);

/** Headers that are each server's own affair: that they are there is compared. */
const ownHeaders: ReadonlySet<string> = new Set([
  "audit-id",
  "etag",
  "last-modified",
  "x-kubernetes-pf-flowschema-uid",
  "x-kubernetes-pf-prioritylevel-uid",
]);

/** An answer without names of chance and times. */
export function masked({ code, headers, warnings, body }: Answer): Answer {
  const shown = Object.entries(headers).map(([name, value]) => [name, ownHeaders.has(name) ? "(own)" : value]);
  return {
    code,
    headers: Object.fromEntries(shown),
    warnings: warnings.map((each) => maskText(each)).sort(),
    body: maskValue(body, ""),
  };
}

function maskValue(value: unknown, key: string): unknown {
  if (own.has(key) && value !== null && value !== undefined) return "(own)";
  if (typeof value === "string") return maskText(value, key);
  if (Array.isArray(value)) {
    const items = value.map((each) => maskValue(each, key === "clusterIPs" ? "clusterIP" : ""));
    return key === "causes" ? items.map((each) => JSON.stringify(each)).sort() : items;
  }
  if (typeof value !== "object" || value === null) return value;
  // Tables tell the fields' descriptions, of which we keep none.
  const shown = "columnDefinitions" in value ? withoutDescriptions(value) : value;
  return Object.fromEntries(Object.entries(shown).map(([name, item]) => [name, maskValue(item, name)]));
}

function withoutDescriptions(table: { readonly columnDefinitions?: unknown }): object {
  const { columnDefinitions } = table;
  if (!Array.isArray(columnDefinitions)) return table;
  return { ...table, columnDefinitions: columnDefinitions.map((each: object) => ({ ...each, description: "" })) };
}

function maskText(text: string, key = ""): string {
  if (key === "clusterIP" && text.startsWith("10.0.0.")) return "(clusterIP)";
  return text
    .replaceAll(tokenVolume, "kube-api-access-(own)")
    .replaceAll(uuid, "(uuid)")
    .replaceAll(revision, "$1 (own)")
    .replaceAll(timestamp, "(time)");
}

import type { Answer } from "./api-client.ts";

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const tokenVolume = /kube-api-access-[a-z0-9]{5}/g;
const timestamp = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;

/** Fields that are each server's own affair, by name. */
const own: ReadonlySet<string> = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
  "time",
  "continue",
]);

/** An answer without names of chance and times. */
export function masked({ code, type, warnings, body }: Answer): Answer {
  return { code, type, warnings: warnings.map((each) => maskText(each)).sort(), body: maskValue(body, "") };
}

function maskValue(value: unknown, key: string): unknown {
  if (own.has(key) && value !== null && value !== undefined) return "(own)";
  if (typeof value === "string") return maskText(value, key);
  if (Array.isArray(value)) {
    const items = value.map((each) => maskValue(each, key === "clusterIPs" ? "clusterIP" : ""));
    return key === "causes" ? items.map((each) => JSON.stringify(each)).sort() : items;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskValue(item, name)]));
}

function maskText(text: string, key = ""): string {
  if (key === "clusterIP" && text.startsWith("10.0.0.")) return "(clusterIP)";
  return text
    .replaceAll(tokenVolume, "kube-api-access-(own)")
    .replaceAll(uuid, "(uuid)")
    .replaceAll(timestamp, "(time)");
}

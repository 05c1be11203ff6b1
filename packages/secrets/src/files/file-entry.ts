import { SourceError } from "../source-error.ts";
import type { DataFrom, ExternalSecret, RemoteRef } from "../stores/external/external-secret.ts";

type DataEntry = NonNullable<ExternalSecret["spec"]["data"]>[number];

/** What is to be written of a store: one secret into one file, a template over several, or each key of some below a folder. */
export type FileEntry =
  | { readonly kind: "secret"; readonly path: string; readonly mode: number | undefined; readonly ref: RemoteRef }
  | {
      readonly kind: "template" | "folder";
      readonly path: string;
      readonly mode: number | undefined;
      readonly template: string;
      readonly data: readonly DataEntry[];
      readonly dataFrom: readonly DataFrom[];
    };

/** More files than a pod has are a slip, and each costs calls of a store. */
const maxEntries = 500;

const refFields = ["key", "property", "version", "decodingStrategy"];
const manyFields = ["template", "data", "dataFrom"];

/**
 * The entries of a list: `{path, key, property, version, decodingStrategy, mode}`, `{path, template, data, dataFrom, mode}`, or
 * `{folder, data, dataFrom, mode}`. Throws `SourceError` by `what` and the entry's place.
 */
export function fileEntries(what: string, list: unknown): readonly FileEntry[] {
  if (!Array.isArray(list) || list.length === 0)
    throw new SourceError(`${what}: expected a list of files, each with a path and a key`);
  if (list.length > maxEntries) throw new SourceError(`${what}: more than ${maxEntries} files`);
  const entries = list.map((each, i) => entryOf(`${what}[${i}]`, each));
  const paths = new Set<string>();
  for (const [i, { path }] of entries.entries()) {
    if (paths.has(path)) throw new SourceError(`${what}[${i}]: ${path} is named twice`);
    paths.add(path);
  }
  return entries;
}

type Fields = { readonly [field: string]: unknown };

function entryOf(place: string, value: unknown): FileEntry {
  if (!isFields(value)) throw new SourceError(`${place}: expected {path: …, key: …}`);
  const known = ["path", "folder", "mode", ...refFields, ...manyFields];
  const unknown = Object.keys(value).find((field) => !known.includes(field));
  if (unknown !== undefined) throw new SourceError(`${place}: unknown field ${unknown}; known are ${known.join(", ")}`);
  const isFolder = value["folder"] !== undefined;
  const path = pathOf(`${place}.${isFolder ? "folder" : "path"}`, value[isFolder ? "folder" : "path"]);
  const mode = modeOf(`${place}.mode`, value["mode"]);
  const isMany = isFolder || manyFields.some((field) => value[field] !== undefined);
  const wrong = (isMany ? refFields : []).find((field) => value[field] !== undefined);
  if (wrong !== undefined)
    throw new SourceError(`${place}: ${wrong} does not go with folder, template, data or dataFrom`);
  if (!isMany) return { kind: "secret", path, mode, ref: refOf(place, value) };
  const template = textOf(`${place}.template`, value["template"]);
  if (isFolder ? template !== undefined : template === undefined)
    throw new SourceError(
      `${place}: ${isFolder ? "a folder has no template" : "data and dataFrom are for a template or a folder"}`,
    );
  const many = { path, mode, data: listOf(place, value, "data"), dataFrom: listOf(place, value, "dataFrom") };
  if (many.data.length + many.dataFrom.length === 0)
    throw new SourceError(`${place}: data or dataFrom are needed, as in an ExternalSecret`);
  return {
    kind: isFolder ? "folder" : "template",
    template: template ?? "",
    ...many,
    data: many.data.map((each, i) => dataOf(`${place}.data[${i}]`, each)),
    dataFrom: many.dataFrom as readonly DataFrom[],
  };
}

function refOf(place: string, value: Fields): RemoteRef {
  const key = textOf(`${place}.key`, value["key"]);
  if (!key) throw new SourceError(`${place}.key: needed, the secret's name in the store`);
  const texts = refFields.slice(1).map((field) => [field, textOf(`${place}.${field}`, value[field])] as const);
  const strategy = value["decodingStrategy"];
  if (strategy !== undefined && !["None", "Base64", "Base64URL", "Auto"].includes(String(strategy)))
    throw new SourceError(`${place}.decodingStrategy ${String(strategy)}: expected None, Base64, Base64URL or Auto`);
  return { key, ...Object.fromEntries(texts.filter(([, text]) => text !== undefined)) };
}

function dataOf(place: string, value: unknown): DataEntry {
  const { secretKey, remoteRef } = (isFields(value) ? value : {}) as { secretKey?: unknown; remoteRef?: unknown };
  if (typeof secretKey !== "string" || !isFields(remoteRef))
    throw new SourceError(`${place}: expected {secretKey: …, remoteRef: {key: …}}`);
  return { secretKey, remoteRef: refOf(`${place}.remoteRef`, remoteRef) };
}

function listOf(place: string, value: Fields, field: string): readonly unknown[] {
  const list = value[field] ?? [];
  if (!Array.isArray(list) || !list.every(isFields))
    throw new SourceError(`${place}.${field}: expected a list of maps`);
  return list;
}

function textOf(place: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new SourceError(`${place}: expected a text`);
}

/** A relative path that stays in its folder, and is none of those that an atomic writer has for itself. Throws `SourceError`. */
export function pathOf(place: string, value: unknown): string {
  const path = textOf(place, value) ?? "";
  const names = path.split("/");
  if (
    path.length > 4096 ||
    names.some(
      (name) => name === "" || name.startsWith("..") || name === "." || name.length > 255 || name.includes("\0"),
    )
  )
    throw new SourceError(`${place} ${JSON.stringify(path)}: expected a relative path without empty names, . and ..`);
  return path;
}

/** `"0400"`: a number would be read as a decimal one by some, as an octal one by others. */
function modeOf(place: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "string" && /^0?[0-7]{3}$/.test(value)) return Number.parseInt(value, 8);
  throw new SourceError(`${place}: expected an octal mode in quotes, as "0400"`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

import { goJson, inWrittenOrder, type KubeObject } from "@sallyport/kube";

type Fields = { readonly [field: string]: unknown };

/** An object's JSON as it is stored, without its resourceVersion, and what one needs to know to show it with that. */
export interface StoredText {
  readonly bytes: Buffer;
  /** Where what follows kind and version begins: the items of a typed list have neither. */
  readonly typeEnd: number;
  /** Where in the metadata the version is told. */
  readonly versionAt: number;
}

/** Objects of the cache whose text is at hand, as the store has it anyway; or the bytes from which they were read, which may be other JSON than ours. */
const texts = new WeakMap<KubeObject, StoredText | Uint8Array>();

/** The text of an object of the cache; or bytes that it was read from, which are looked at when somebody asks. */
export function keepText(object: KubeObject, text: StoredText | Uint8Array): void {
  texts.set(object, text);
}

/** JSON of an object whose fields are in their order. Undefined where its type does not come first and its metadata then. */
export function writeText(object: KubeObject): StoredText | undefined {
  const [first = "", second = "", third, ...rest] = Object.keys(object);
  const isTyped = (first === "apiVersion" && second === "kind") || (first === "kind" && second === "apiVersion");
  if (!isTyped || third !== "metadata") return undefined;
  const [before, after] = aroundVersion({ ...object.metadata }, first === "apiVersion");
  if (before.length === 0) return undefined;
  const type = `{${member(object, first)},${member(object, second)},`;
  const head = `${type}"metadata":{${before.join(",")}`;
  let text = `${[head, ...after].join(",")}}`;
  for (const name of rest) if (object[name] !== undefined) text += `,${member(object, name)}`;
  const bytes = Buffer.from(`${text}}`);
  // Nearly all is ASCII, where characters are bytes.
  const isAscii = bytes.length === text.length + 1;
  const sizeOf = (part: string) => (isAscii ? part.length : Buffer.byteLength(part));
  return { bytes, typeEnd: sizeOf(type), versionAt: sizeOf(head) };
}

/** Fields of the metadata that stand before the version in Go's struct. */
const beforeVersion: ReadonlySet<string> = new Set(["name", "generateName", "namespace", "selfLink", "uid"]);

/** What the metadata says before and behind its version; `isMap` where Go has it as a map, whose keys are sorted. */
function aroundVersion(metadata: Fields, isMap: boolean): [before: string[], after: string[]] {
  const sides: [string[], string[]] = [[], []];
  for (const name in metadata) {
    if (metadata[name] === undefined) continue;
    const isBefore = isMap ? name < "resourceVersion" : beforeVersion.has(name);
    sides[isBefore ? 0 : 1].push(member(metadata, name));
  }
  return sides;
}

function member(object: Fields, name: string): string {
  return goJson(`${JSON.stringify(name)}:${JSON.stringify(object[name])}`);
}

/** The text of an object of the cache; undefined where nobody has kept it, or it is not what we would write. */
export function textOf(object: KubeObject): StoredText | undefined {
  const kept = texts.get(object);
  if (!(kept instanceof Uint8Array)) return kept;
  const { resourceVersion: _, ...metadata } = object.metadata;
  const text = writeText(inWrittenOrder({ ...object, metadata }));
  // Go ends what it stores with a line's end.
  const end = kept.at(-1) === lineEnd ? kept.length - 1 : kept.length;
  const bytes = Buffer.from(kept.buffer, kept.byteOffset, end);
  if (text === undefined || !text.bytes.equals(bytes)) {
    texts.delete(object);
    return undefined;
  }
  const same = { ...text, bytes };
  texts.set(object, same);
  return same;
}

const lineEnd = 0x0a;

/** Whether an object is one of the cache whose text may be at hand. */
export function hasText(object: KubeObject): boolean {
  return texts.has(object);
}

const versionName = ',"resourceVersion":"';

/** How long an object's text is with its version, from a place in it on. */
export function shownSize({ metadata }: KubeObject, { bytes }: StoredText, from: number): number {
  return bytes.length - from + versionName.length + (metadata.resourceVersion as string).length + 1;
}

/** Writes an object's text with its version, from a place in it on, and answers where it ends. */
export function showText(
  { metadata }: KubeObject,
  { bytes, versionAt }: StoredText,
  from: number,
  target: Buffer,
  at: number,
): number {
  const firstEnd = at + bytes.copy(target, at, from, versionAt);
  const restAt = firstEnd + target.write(`${versionName}${metadata.resourceVersion}"`, firstEnd, "latin1");
  return restAt + bytes.copy(target, restAt, versionAt);
}

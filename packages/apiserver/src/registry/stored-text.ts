import type { KubeObject } from "@sallyport/kube";

/** An object's JSON as it is stored, without its resourceVersion, and what one needs to know to show it with that. */
export interface StoredText {
  readonly bytes: Buffer;
  /** Where what follows kind and version begins: the items of a typed list have neither. */
  readonly typeEnd: number;
  /** Where the metadata's last brace stands. */
  readonly metadataEnd: number;
}

/** Objects of the cache whose text is at hand, as the store has it anyway; or the bytes from which they were read, which may be other JSON than ours. */
const texts = new WeakMap<KubeObject, StoredText | Uint8Array>();

/** The text of an object of the cache; or bytes that it was read from, which are looked at when somebody asks. */
export function keepText(object: KubeObject, text: StoredText | Uint8Array): void {
  texts.set(object, text);
}

/** JSON of an object, as `JSON.stringify` writes it. Undefined where its type does not come first and its metadata then. */
export function writeText(object: KubeObject): StoredText | undefined {
  const [first = "", second = "", third, ...rest] = Object.keys(object);
  const isTyped = (first === "apiVersion" && second === "kind") || (first === "kind" && second === "apiVersion");
  if (!isTyped || third !== "metadata") return undefined;
  const type = `{${member(object, first)},${member(object, second)},`;
  const metadata = `"metadata":${JSON.stringify(object.metadata)}`;
  let text = type + metadata;
  for (const name of rest) if (object[name] !== undefined) text += `,${member(object, name)}`;
  const bytes = Buffer.from(`${text}}`);
  // Nearly all is ASCII, where characters are bytes.
  const isAscii = bytes.length === text.length + 1;
  const sizeOf = (part: string) => (isAscii ? part.length : Buffer.byteLength(part));
  const typeEnd = sizeOf(type);
  return { bytes, typeEnd, metadataEnd: typeEnd + sizeOf(metadata) - 1 };
}

function member(object: KubeObject, name: string): string {
  return `${JSON.stringify(name)}:${JSON.stringify(object[name])}`;
}

/** The text of an object of the cache; undefined where nobody has kept it, or it is not what we would write. */
export function textOf(object: KubeObject): StoredText | undefined {
  const kept = texts.get(object);
  if (!(kept instanceof Uint8Array)) return kept;
  const { resourceVersion: _, ...metadata } = object.metadata;
  const text = writeText({ ...object, metadata });
  const bytes = Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength);
  if (text === undefined || !text.bytes.equals(bytes)) {
    texts.delete(object);
    return undefined;
  }
  const same = { ...text, bytes };
  texts.set(object, same);
  return same;
}

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
  { bytes, metadataEnd }: StoredText,
  from: number,
  target: Buffer,
  at: number,
): number {
  const versionAt = at + bytes.copy(target, at, from, metadataEnd);
  const restAt = versionAt + target.write(`${versionName}${metadata.resourceVersion}"`, versionAt, "latin1");
  return restAt + bytes.copy(target, restAt, metadataEnd);
}

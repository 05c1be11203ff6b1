import { goJson, inWrittenOrder, type KubeObject } from "@sallyport/kube";
import { type StoredText, shownSize, showText, textOf } from "../registry/stored-text.ts";

/** So much of a list is written at once: nobody else waits for long, and no list lies in memory as a whole. */
const pieceBytes = 256 * 1024;

/** JSON of an object of the cache between two texts of ASCII; undefined where it has to be written anew. */
export function objectText(object: KubeObject, before: string, after: string): Buffer | undefined {
  const text = textOf(object);
  if (text === undefined) return undefined;
  const target = Buffer.allocUnsafe(before.length + shownSize(object, text, 0) + after.length);
  const end = showText(object, text, 0, target, target.write(before, 0, "latin1"));
  target.write(after, end, "latin1");
  return target;
}

/** What a list of typed objects is made of. */
const lists = new WeakMap<object, readonly KubeObject[]>();

/** A list whose items are objects without kind and version, which Go's have not; they are made when somebody asks for them. */
export function typedList(envelope: object, objects: readonly KubeObject[]): { readonly [field: string]: unknown } {
  const list = {
    ...envelope,
    get items() {
      return objects.map(withoutKind);
    },
  };
  lists.set(list, objects);
  return list;
}

function withoutKind({ kind: _kind, apiVersion: _version, ...fields }: KubeObject): object {
  return fields;
}

/** The JSON of a list that `typedList` has made, in pieces; undefined of anything else. */
export function listText(list: object): PiecedText | undefined {
  const objects = lists.get(list);
  if (objects === undefined) return undefined;
  const { items: _, ...envelope } = Object.getOwnPropertyDescriptors(list);
  const head = goJson(JSON.stringify(Object.defineProperties({}, envelope)));
  return new PiecedText(`${head.slice(0, -1)},"items":[`, objects);
}

interface Item {
  readonly object: KubeObject;
  /** Its bytes where they are not at hand otherwise. */
  readonly text: StoredText | Buffer;
}

/** A long text, its length known, that is made piece by piece. */
export class PiecedText {
  readonly length: number;
  readonly #head: string;
  readonly #items: readonly Item[];

  constructor(head: string, objects: readonly KubeObject[]) {
    this.#head = head;
    this.#items = objects.map((object) => ({ object, text: textOf(object) ?? itemBytes(object) }));
    const commas = Math.max(0, this.#items.length - 1);
    const sizes = this.#items.reduce((sum, item) => sum + itemSize(item), 0);
    this.length = Buffer.byteLength(head) + sizes + commas + tail.length;
  }

  /** Whether it should not be written at once. */
  get isLong(): boolean {
    return this.length > pieceBytes;
  }

  *pieces(): Generator<Buffer, undefined> {
    yield Buffer.from(this.#head);
    for (let first = 0; first < this.#items.length; ) {
      let [end, size] = [first, 0];
      while (end < this.#items.length && size < pieceBytes) size += itemSize(this.#items[end++] as Item) + 1;
      yield this.#piece(first, end, size);
      first = end;
    }
    yield Buffer.from(tail);
  }

  /** Items with a comma behind each but the last of all. */
  #piece(first: number, end: number, size: number): Buffer {
    const isLast = end === this.#items.length;
    const target = Buffer.allocUnsafeSlow(isLast ? size - 1 : size);
    let at = 0;
    for (let i = first; i < end; i++) {
      at = writeItem(this.#items[i] as Item, target, at);
      if (at < target.length) target[at++] = comma;
    }
    return target;
  }
}

const tail = "]}\n";
const comma = 0x2c;

function itemBytes(object: KubeObject): Buffer {
  return Buffer.from(goJson(JSON.stringify(withoutKind(inWrittenOrder(object)))));
}

function itemSize({ object, text }: Item): number {
  return text instanceof Uint8Array ? text.length : shownSize(object, text, text.typeEnd) + 1;
}

function writeItem({ object, text }: Item, target: Buffer, at: number): number {
  if (text instanceof Uint8Array) return at + text.copy(target, at);
  target[at] = openBrace;
  return showText(object, text, text.typeEnd, target, at + 1);
}

const openBrace = 0x7b;

import { parseYamlDocuments } from "@sallyport/kube";
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  visit,
  type YAMLMap,
} from "yaml";
import { jsonText } from "./json-text.ts";
import { plainOfScalar, setScalar, sopsScalars } from "./scalars.ts";
import type { Slot, SopsStore } from "./slots.ts";
import { SopsError } from "./sops-error.ts";

/** Documents that go deeper are attacks. */
const maxDepth = 200;

const metadataKey = "sops";

/** A file of YAML or JSON. What is not written stays as it is: comments, order, quotes. Throws `SopsError`. */
export function documentStore(text: string, format: "yaml" | "json"): SopsStore {
  const documents = parsed(text, format);
  const roots = documents.map((document, i) => rootOf(document, documents.length > 1 ? `document ${i + 1}: ` : ""));
  const [first] = roots;
  const commentItems = new Set<unknown>();
  return {
    slots: () => documents.flatMap((document, i) => [...slotsOfDocument(document, roots[i] as YAMLMap, commentItems)]),
    metadata: first?.has(metadataKey) ? toPlain(first.get(metadataKey)) : undefined,
    print: (metadata) => {
      for (const document of documents) putCommentsBack(document, commentItems);
      for (const [i, root] of roots.entries()) setMetadata(documents[i] as Document, root, metadata);
      return format === "json" ? jsonText(first as YAMLMap) : documents.map(yamlText).join("");
    },
  };
}

/** Comments at the end of a document stand before the metadata, or at the end when there is none. */
function setMetadata(document: Document, root: YAMLMap, metadata: object | undefined): void {
  const old = root.items.find((pair) => keyText(pair) === metadataKey);
  const before = isScalar(old?.key) ? old.key.commentBefore : undefined;
  if (before) root.comment = [before, root.comment].filter(Boolean).join("\n");
  root.delete(metadataKey);
  if (metadata === undefined) return;
  const pair = metadataPair(document, metadata);
  if (root.comment && isScalar(pair.key)) pair.key.commentBefore = root.comment;
  root.comment = null;
  root.add(pair);
}

/** sops makes items of lists of the comments in them, when it encrypts these. */
function putCommentsBack(document: Document, commentItems: ReadonlySet<unknown>): void {
  if (commentItems.size === 0) return;
  visit(document, {
    Seq: (_, list) => {
      let comments: string[] = [];
      list.items = list.items.filter((item) => {
        if (commentItems.has(item) && isScalar(item)) {
          comments.push(String(item.value));
          return false;
        }
        if (comments.length > 0 && isNode(item))
          item.commentBefore = [...comments, item.commentBefore].filter(Boolean).join("\n");
        comments = [];
        return true;
      });
      if (comments.length > 0) list.comment = [...comments, list.comment].filter(Boolean).join("\n");
    },
  });
}

function parsed(text: string, format: "yaml" | "json"): readonly Document.Parsed[] {
  if (format === "json") requireJson(text);
  const { documents, lines } = readDocuments(text);
  for (const { errors } of documents)
    for (const { pos, message } of errors) {
      const { line, col } = lines.linePos(pos[0]);
      // The parser's own words may quote the text.
      throw new SopsError(
        `${line}:${col}: ${/duplicate|unique/i.test(message) ? "a key stands twice" : "no valid YAML"}`,
      );
    }
  if (documents.length === 0) throw new SopsError("it is empty");
  return documents;
}

function readDocuments(text: string): ReturnType<typeof parseYamlDocuments> {
  try {
    return parseYamlDocuments(text, sopsScalars);
  } catch (error) {
    if (error instanceof RangeError) throw new SopsError(`nested deeper than ${maxDepth}`);
    throw error;
  }
}

function requireJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new SopsError("no valid JSON");
  }
}

/** The map of a document. Comments at its end become the map's, before which metadata can be put. */
function rootOf(document: Document, place: string): YAMLMap {
  const { contents, comment } = document;
  if (isMap(contents)) {
    if (comment) contents.comment = [contents.comment, comment].filter(Boolean).join("\n");
    document.comment = null;
    return contents;
  }
  throw new SopsError(`${place}expected a map at the top: sops takes nothing else`);
}

function yamlText(document: Document, at: number): string {
  const text = document.toString({ lineWidth: 0 });
  return at > 0 && !text.startsWith("---") ? `---\n${text}` : text;
}

/** Times are quoted: sops takes nothing else. */
function metadataPair(document: Document, metadata: object): Pair {
  const pair = document.createPair(metadataKey, metadata);
  const time = isMap(pair.value) ? pair.value.get("lastmodified", true) : undefined;
  if (isScalar(time)) time.type = "QUOTE_DOUBLE";
  return pair;
}

function toPlain(node: unknown): unknown {
  if (isMap(node)) return Object.fromEntries(node.items.map((pair) => [keyText(pair), toPlain(pair.value)]));
  if (isSeq(node)) return node.items.map(toPlain);
  return isScalar(node) ? node.value : node;
}

function keyText({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : String(key);
}

/** Where something stands. */
interface Place {
  readonly path: readonly string[];
  readonly comments: readonly (readonly string[])[];
  readonly depth: number;
  /** Items of lists that turn out to be comments. */
  readonly commentItems: Set<unknown>;
}

function* slotsOfDocument(document: Document, root: YAMLMap, commentItems: Set<unknown>): Generator<Slot> {
  const place: Place = { path: [], comments: [], depth: 0, commentItems };
  const active: string[] = [];
  yield* commentSlots(document, "commentBefore", { ...place, comments: [active] }, active);
  yield* slotsOfMap(root, place, active, true);
}

function* slotsOf(node: unknown, place: Place): Generator<Slot> {
  if (place.depth > maxDepth) throw new SopsError(`nested deeper than ${maxDepth}`);
  if (isAlias(node)) throw new SopsError(`${place.path.join(".")}: an alias: write the value out, as sops would`);
  if (isMap(node)) yield* slotsOfMap(node, place, [], false);
  else if (isSeq(node)) yield* slotsOfList(node.items, node, place);
  else if (isScalar(node)) yield valueSlot(node, place);
}

function valueSlot(scalar: Scalar, { path, comments, commentItems }: Place): Slot {
  return {
    isComment: false,
    path,
    comments: comments.map((each) => [...each]),
    read: () => {
      try {
        return plainOfScalar(scalar);
      } catch (error) {
        throw error instanceof SopsError ? new SopsError(`${path.join(".")}: ${error.message}`) : error;
      }
    },
    write: (value) => {
      if (value.type === "comment") commentItems.add(scalar);
      setScalar(scalar, value);
    },
  };
}

function* slotsOfMap(map: YAMLMap, place: Place, active: string[], isRoot: boolean): Generator<Slot> {
  const within: Place = { ...place, comments: [...place.comments, active], depth: place.depth + 1 };
  yield* commentSlots(map, "commentBefore", within, active);
  for (const pair of map.items) {
    const { key, value } = pair;
    if (!isScalar(key) || typeof key.value !== "string")
      throw new SopsError(`${[...place.path, keyText(pair)].join(".")}: a key that is no text: quote it`);
    yield* commentSlots(key, "commentBefore", within, active);
    if (isRoot && key.value === metadataKey) continue;
    yield* commentSlots(key, "comment", within, active);
    yield* inlineComments(value, within, active);
    yield* slotsOf(value, { ...within, path: [...place.path, key.value] });
    active.length = 0;
  }
  yield* commentSlots(map, "comment", within, active);
}

function* slotsOfList(items: readonly unknown[], list: Node, place: Place): Generator<Slot> {
  const active: string[] = [];
  const within: Place = { ...place, comments: [...place.comments, active], depth: place.depth + 1 };
  yield* commentSlots(list, "commentBefore", within, active);
  for (const item of items) {
    yield* inlineComments(item, within, active);
    yield* slotsOf(item, within);
    active.length = 0;
  }
  yield* commentSlots(list, "comment", within, active);
}

/** Of a scalar: what stands before it and behind it belongs to what it stands in. */
function* inlineComments(node: unknown, place: Place, active: string[]): Generator<Slot> {
  if (!isScalar(node)) return;
  yield* commentSlots(node, "commentBefore", place, active);
  yield* commentSlots(node, "comment", place, active);
}

type Commented = { comment?: string | null | undefined; commentBefore?: string | null | undefined };

/** Each line by itself, as sops has them. */
function* commentSlots(
  holder: Commented,
  field: keyof Commented,
  { path, comments }: Place,
  active: string[],
): Generator<Slot> {
  for (const [i, line] of (holder[field] ?? "").split("\n").entries()) {
    if (line === "") continue;
    active.push(line);
    yield {
      isComment: true,
      path,
      comments: comments.map((each) => [...each]),
      read: () => ({ type: "comment", text: (holder[field] ?? "").split("\n")[i] as string }),
      write: ({ text }) => {
        const lines = (holder[field] ?? "").split("\n");
        lines[i] = text;
        holder[field] = lines.join("\n");
      },
    };
  }
}

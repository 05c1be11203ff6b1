import { isMap, isScalar, isSeq, type LineCounter, type Node, type Pair, Scalar, type YAMLMap } from "yaml";
import type { ObjectPlace } from "./finding.ts";

/** A text somewhere in a document. */
export interface Leaf {
  readonly text: string;
  /** What names it: its field, or the `name` beside a `value`; `""` for an item of a list of texts. */
  readonly name: string;
  /** As `spec.containers[0].env[1].value`. */
  readonly path: string;
  /** The line of the document's text in which an offset of the leaf's text stands, 1-based. */
  readonly lineOf: (offset: number) => number;
  /** The object around it, where there is one. */
  readonly object?: ObjectPlace;
  /** What a Secret holds, under `data` (in base64) or `stringData`. */
  readonly secret?: "data" | "stringData";
  /** The text before it in a list: of arguments, the flag. */
  readonly before?: string;
}

interface Place {
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  readonly object?: ObjectPlace;
  readonly secret?: "data" | "stringData";
  readonly before?: string;
}

/** Documents that go deeper are attacks: Kubernetes' own OpenAPI goes some dozens deep. */
const maxDepth = 200;

/** All texts of a document in their order. Aliases are passed by: what they stand for is seen where it is anchored. */
export function* leavesOf(contents: Node | null, lines: LineCounter): Generator<Leaf> {
  yield* leavesOfNode(contents, { path: "", name: "", depth: 0 }, lines);
}

function* leavesOfNode(node: unknown, place: Place, lines: LineCounter): Generator<Leaf> {
  if (place.depth > maxDepth) return;
  if (isScalar(node)) {
    const text = textOf(node);
    if (text === undefined) return;
    const { depth: _, ...told } = place;
    yield { ...told, text, lineOf: (offset) => lineOf(node, text, offset, lines) };
  } else if (isMap(node)) yield* leavesOfMap(node, place, lines);
  else if (isSeq(node)) {
    let before: string | undefined;
    for (const [i, item] of node.items.entries()) {
      const { before: _, ...rest } = place;
      const at = { ...rest, path: `${place.path}[${i}]`, depth: place.depth + 1 };
      const name = isScalar(item) && /^(?:args|command|entrypoint|cmd)$/i.test(place.name) ? "" : place.name;
      yield* leavesOfNode(item, before === undefined ? { ...at, name } : { ...at, name, before }, lines);
      before = isScalar(item) ? String(item.value) : undefined;
    }
  }
}

function* leavesOfMap(map: YAMLMap, place: Place, lines: LineCounter): Generator<Leaf> {
  const object = place.path === "" || /(?:^|\.)items\[\d+\]$/.test(place.path) ? objectOf(map) : undefined;
  const within = object === undefined ? place : { ...place, object, path: "" };
  const named = nameBesideValue(map);
  for (const pair of map.items) {
    const key = keyOf(pair);
    const { before: _, ...rest } = within;
    yield* leavesOfNode(
      pair.value,
      {
        ...rest,
        path: joined(within.path, key),
        name: named !== undefined && /^(?:value|defaultValue|default)$/.test(key) ? named : key,
        depth: place.depth + 1,
        ...secretOf(within, key),
      },
      lines,
    );
  }
}

/** Only of a Secret as such: what lies under `data` elsewhere is in clear. */
function secretOf({ object, path, secret }: Place, key: string): { readonly secret?: "data" | "stringData" } {
  if (secret !== undefined) return { secret };
  const isSecret = object?.kind === "Secret" && object.apiVersion === "v1" && path === "";
  return isSecret && (key === "data" || key === "stringData") ? { secret: key } : {};
}

function objectOf(map: YAMLMap): ObjectPlace | undefined {
  const [apiVersion, kind] = [map.get("apiVersion"), map.get("kind")];
  if (typeof apiVersion !== "string" || typeof kind !== "string") return undefined;
  const metadata = map.get("metadata");
  const [name, namespace] = isMap(metadata) ? [metadata.get("name"), metadata.get("namespace")] : [];
  return {
    apiVersion,
    kind,
    ...(typeof namespace === "string" ? { namespace } : {}),
    ...(typeof name === "string" ? { name } : {}),
  };
}

/** `{name: DB_PASSWORD, value: …}`: variables, headers, parameters of charts, of Tekton and of Argo. */
function nameBesideValue(map: YAMLMap): string | undefined {
  for (const field of ["name", "key"]) {
    const name = map.get(field);
    if (typeof name === "string" && map.items.length <= 4) return name;
  }
  return undefined;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : "";
}

function joined(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) return `${path}[${key}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** Numbers as they are written: a password may be one. */
function textOf({ value, source }: Scalar): string | undefined {
  if (typeof value === "string") return value;
  return (typeof value === "number" || typeof value === "bigint") && source !== undefined ? source : undefined;
}

/** Of a literal the line is counted; of all else it is where the text begins. */
function lineOf(node: Scalar, text: string, offset: number, lines: LineCounter): number {
  const first = lines.linePos(node.range?.[0] ?? 0).line;
  return node.type === Scalar.BLOCK_LITERAL ? first + 1 + newlines(text, offset) : first;
}

/** How many lines end before an offset. */
export function newlines(text: string, offset: number): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && at < offset; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

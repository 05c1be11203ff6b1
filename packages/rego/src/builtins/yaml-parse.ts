import {
  type Document,
  isCollection,
  isScalar,
  Lexer,
  parseDocument,
  type Scalar,
  type Tags,
  visit,
  type YAMLParseError,
} from "yaml";
import { parseJson } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { goYamlFault } from "./yaml-faults.ts";

/** One anchor can stand for a text that is many times as long as the document. */
const maxAliases = 100;

/** What Go reads otherwise: dates and sexagesimal numbers are texts, bytes the text that they spell. */
const otherTags = /:(?:timestamp|binary|set)$/;

/** YAML 1.1 as Go's sigs.k8s.io/yaml makes JSON of it: of equal keys the last counts. Throws `BuiltinError`. */
export function parseYaml(text: string): Value {
  if (controls.test(text)) throw new BuiltinError("yaml: control characters are not allowed");
  checkDepth(text);
  if (emptyEnd.test(text)) throw new BuiltinError("yaml: did not find expected node content");
  const document = parseDocument(text, {
    version: "1.1",
    intAsBigInt: true,
    merge: true,
    strict: false,
    uniqueKeys: false,
    logLevel: "silent",
    customTags: goTags,
  });
  // As in Go, what follows the first document is not looked at.
  const fault = document.errors.find((each) => each.code !== "MULTIPLE_DOCS" && !isBehind(document, text, each));
  if (fault !== undefined) throw new BuiltinError(`yaml: ${goYamlFault(text, fault)}`);
  checkNodes(document, text);
  const raw = toJavaScript(document, text);
  return parseJson(JSON.stringify(raw ?? null, (_key, each) => (typeof each === "bigint" ? goInteger(each) : each)));
}

/** Of brackets, or of blocks in one line; as in Go. */
const maxDepth = 10_000;

function checkDepth(text: string): void {
  if (text.length <= maxDepth || (text.match(/[[{]|[-?][ \t]/g)?.length ?? 0) <= maxDepth) return;
  let [brackets, blocks, line] = [0, 0, 1];
  for (const token of new Lexer().lex(text)) {
    if (token.startsWith("\n")) blocks = 0;
    line += token.split("\n").length - 1;
    if (token === "[" || token === "{") brackets++;
    else if (token === "]" || token === "}") brackets--;
    else if (token === "-" || token === "?") blocks++;
    if (Math.max(brackets, blocks) > maxDepth) {
      const place = line === 1 ? "" : `line ${line}: `;
      throw new BuiltinError(`yaml: ${place}exceeded max depth of ${maxDepth}`);
    }
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that YAML forbids.
const controls = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/** The end of a document that has not begun. */
const emptyEnd = /^[^\S\n]*\.\.\.(?:\s|$)/;

function goTags(tags: Tags): Tags {
  return [
    // A number has a digit, and none with an underscore begins with its point.
    {
      tag: "tag:yaml.org,2002:str",
      default: true,
      test: /^[-+]?[._]+$|^\.[\d.]*_/,
      resolve: (text: string) => text,
    },
    ...tags.filter(
      (tag) => typeof tag === "string" || !(otherTags.test(tag.tag) || ("format" in tag && tag.format === "TIME")),
    ),
    { tag: "tag:yaml.org,2002:binary", resolve: (text: string) => binaryText(text) },
    { tag: "tag:yaml.org,2002:int", default: true, test: /^[-+]?0o[0-7_]+$/, resolve: (text: string) => octal(text) },
  ];
}

function binaryText(text: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
  } catch {
    throw new BuiltinError("yaml: !!binary value contains invalid base64 data");
  }
}

function octal(text: string): bigint {
  const digits = BigInt(text.replace(/^[-+]/, "").replaceAll("_", ""));
  return text.startsWith("-") ? -digits : digits;
}

/** A scalar or a collection in brackets ends a document; a block ends at what stands further to the left. */
function isBehind({ contents }: Document, text: string, { message, pos }: YAMLParseError): boolean {
  if (!/ at node end| token in YAML stream/.test(message)) return false;
  const [start, end] = contents?.range ?? [0, 0];
  if (contents === null || contents === undefined || pos[0] < end || end === start) return false;
  if (isScalar(contents)) return contents.type !== "PLAIN";
  return (isCollection(contents) && contents.flow === true) || columnAt(text, pos[0]) < columnAt(text, start);
}

function columnAt(text: string, offset: number): number {
  return offset - text.lastIndexOf("\n", offset - 1) - 1;
}

function checkNodes(document: Document, text: string): void {
  visit(document, {
    Scalar: (_key, node) => {
      readScalar(node);
      endBlock(node, text);
    },
    Pair: (_key, { key, value }) => {
      if (isCollection(key)) throw new BuiltinError(`yaml: invalid map key: ${goText(key.toJS(document), true)}`);
      if (!isScalar(key) || key.value !== null) return;
      const isMarked = /\?\s*$/.test(text.slice(0, key.range?.[0]));
      if (key.source === "" && !isMarked) throw new BuiltinError("yaml: did not find expected key");
      const shown = goText(isScalar(value) ? value.value : isCollection(value) ? value.toJS(document) : null);
      throw new BuiltinError(`unsupported map key of type: %!s(<nil>), key: <nil>, value: ${shown}`);
    },
  });
}

/** What a tag says that a text is. */
function readScalar(node: Scalar): void {
  const { value, tag, source } = node;
  const type = /^tag:yaml\.org,2002:(int|float|bool|null|timestamp)$/.exec(tag ?? "")?.[1];
  if (type !== undefined && typeof value === "string") {
    if (!isGoodFor(type, value))
      throw new BuiltinError(`yaml: cannot decode !!str \`${source ?? value}\` as a !!${type}`);
    if (type !== "timestamp") node.value = Number(value);
  }
  if (typeof value === "number" && !Number.isFinite(value))
    throw new BuiltinError(`json: unsupported value: ${Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"}`);
}

/** A block of text that ends with the document, without a line's end, has none. */
function endBlock(node: Scalar, text: string): void {
  const { type, value, range } = node;
  if (!type?.startsWith("BLOCK") || typeof value !== "string" || text.endsWith("\n")) return;
  if ((range?.[1] ?? 0) >= text.length && value.endsWith("\n")) node.value = value.slice(0, -1);
}

function isGoodFor(type: string, value: string): boolean {
  if (type === "timestamp") return /^\d{4}-\d{1,2}-\d{1,2}/.test(value);
  return type !== "null" && type !== "bool" && value.trim() !== "" && Number.isFinite(Number(value));
}

/** As Go's `%#v` and, for what is within neither list nor mapping, `%v`. */
function goText(value: unknown, inner = false): string {
  if (value === null || value === undefined) return inner ? "interface {}(nil)" : "<nil>";
  if (Array.isArray(value)) return `[]interface {}{${value.map((each) => goText(each, true)).join(", ")}}`;
  if (typeof value !== "object") return typeof value === "string" ? JSON.stringify(value) : String(value);
  const entries = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${goText(each, true)}`);
  return `map[interface {}]interface {}{${entries.join(", ")}}`;
}

/** What the library finds only when it makes values: aliases and merges. */
function toJavaScript(document: Document, text: string): unknown {
  checkAliases(document, text);
  try {
    return document.toJS({ maxAliasCount: maxAliases }) as unknown;
  } catch (error) {
    const { message } = error as Error;
    const isMerge = message.startsWith("Merge sources");
    throw new BuiltinError(`yaml: ${isMerge ? "map merge requires map or sequence of maps as the value" : message}`);
  }
}

/** Names of Go's parser, up to where they may end. */
const anchorName = /^[\w-]+(?:[?:,\]}%@`].*)?$/;

function checkAliases(document: Document, text: string): void {
  const checkName = (name: string, offset = 0): void => {
    if (anchorName.test(name)) return;
    throw new BuiltinError(`yaml: ${goYamlFault(text, { code: "BAD_ALIAS", message: "", pos: [offset, offset + 1] })}`);
  };
  visit(document, {
    Value: (_key, { anchor, range }) => {
      if (anchor !== undefined) checkName(anchor, range?.[0]);
    },
    Alias: (_key, alias, path) => {
      const target = alias.resolve(document);
      const name = alias.source;
      checkName(name, alias.range?.[0]);
      if (target === undefined) throw new BuiltinError(`yaml: unknown anchor '${name}' referenced`);
      if (path.includes(target as never)) throw new BuiltinError(`yaml: anchor '${name}' value contains itself`);
    },
  });
}

/** Integers of more than 64 bits are floating-point numbers there. */
function goInteger(value: bigint): unknown {
  if (value < -(2n ** 63n) || value >= 2n ** 64n) return Number(value);
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value));
}

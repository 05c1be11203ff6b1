import { isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from "yaml";
import { goYamlFault } from "../builtins/yaml-faults.ts";
import type { Annotations, Location, Ref, Term } from "./ast.ts";

/** Why a block cannot be read, in OPA's words. */
export class AnnotationFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AnnotationFault";
  }

  /**
   * Of `count` lines the one, from 0, that OPA shows: for faults of YAML that behind the line which the message tells, if there is one, or
   * the first where it tells none; undefined for others, which are the block's.
   */
  lineOf(count: number): number | undefined {
    const [, line = "0"] = /^yaml:(?: unmarshal errors:\s*?)? +line (\d+):/.exec(this.message) ?? [];
    return this.message.startsWith("yaml:") ? Math.min(Number(line), count - 1) : undefined;
  }
}

/** What the fields of a block hold in Go's structure. */
const fieldTypes: {
  readonly [field: string]: { readonly kind: "string" | "bool" | "list" | "map"; readonly type: string };
} = {
  title: { kind: "string", type: "string" },
  scope: { kind: "string", type: "string" },
  description: { kind: "string", type: "string" },
  entrypoint: { kind: "bool", type: "bool" },
  organizations: { kind: "list", type: "[]string" },
  related_resources: { kind: "list", type: "[]interface {}" },
  authors: { kind: "list", type: "[]interface {}" },
  schemas: { kind: "list", type: "[]map[string]interface {}" },
  compile: { kind: "map", type: "map[string]interface {}" },
  labels: { kind: "map", type: "map[string]interface {}" },
  custom: { kind: "map", type: "map[string]interface {}" },
};

interface Fields {
  readonly [field: string]: unknown;
}

/** The fields of a block's YAML; those that OPA does not know are left out. Throws `AnnotationFault`. */
export function readFields(text: string): Fields {
  if (text.trim() === "") throw new AnnotationFault("expected METADATA block, found whitespace");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: false, customTags: ["timestamp"] });
  const lineOf = (node: Node | null): number => lines.linePos(node?.range?.[0] ?? 0).line;
  // Keys are looked at when all can be read.
  const error = document.errors.find(({ code }) => code !== "DUPLICATE_KEY") ?? document.errors[0];
  if (error?.code === "DUPLICATE_KEY") throw duplicateFault(text, lines.linePos(error.pos[0]).line);
  if (error !== undefined) throw new AnnotationFault(`yaml: ${goYamlFault(`${text}\n`, error, 3)}`);
  const { contents } = document;
  if (contents === null) return {};
  if (!isMap(contents)) throw unmarshalFault([[lineOf(contents), mismatch(contents, "ast.rawAnnotation")]]);
  const faults: [number, string][] = [];
  const fields: { [field: string]: unknown } = {};
  for (const { key, value } of contents.items) {
    const name = String((key as { readonly value?: unknown }).value);
    const wanted = Object.hasOwn(fieldTypes, name) ? fieldTypes[name] : undefined;
    if (wanted === undefined || value === null) continue;
    const fault = fieldFault(value as ParsedNode, wanted);
    if (fault === undefined) fields[name] = plain((value as ParsedNode).toJS(document, { maxAliasCount: 100 }));
    else faults.push([lineOf(fault.node), mismatch(fault.node, fault.type)]);
  }
  if (faults.length > 0) throw unmarshalFault(faults);
  return fields;
}

function unmarshalFault(faults: readonly (readonly [number, string])[]): AnnotationFault {
  const lines = faults.map(([line, text]) => `\n  line ${line}: ${text}`).join("");
  return new AnnotationFault(`yaml: unmarshal errors:${lines}`);
}

function duplicateFault(text: string, line: number): AnnotationFault {
  const rows = text.split("\n");
  const key = /^\s*(.*?)\s*:/.exec(rows[line - 1] ?? "")?.[1] ?? "";
  const first = rows.findIndex((row) => row.trimStart().startsWith(`${key}:`)) + 1;
  return unmarshalFault([[line, `mapping key ${JSON.stringify(key)} already defined at line ${first}`]]);
}

function mismatch(node: ParsedNode, type: string): string {
  const text = isScalar(node) ? ` \`${node.source ?? String(node.value)}\`` : "";
  return `cannot unmarshal ${tagOf(node)}${text} into ${type}`;
}

function tagOf(node: ParsedNode): string {
  if (isMap(node)) return "!!map";
  if (isSeq(node)) return "!!seq";
  const value = isScalar(node) ? node.value : undefined;
  if (typeof value === "boolean") return "!!bool";
  if (typeof value === "number") return Number.isInteger(value) ? "!!int" : "!!float";
  return "!!str";
}

function fieldFault(
  node: ParsedNode,
  { kind, type }: (typeof fieldTypes)[string],
): { readonly node: ParsedNode; readonly type: string } | undefined {
  if (isScalar(node) && node.value === null) return undefined;
  if (kind === "string") return isScalar(node) ? undefined : { node, type };
  if (kind === "bool") return isScalar(node) && typeof node.value === "boolean" ? undefined : { node, type };
  if (kind === "map") return isMap(node) ? undefined : { node, type };
  if (!isSeq(node)) return { node, type };
  const items = node.items as readonly ParsedNode[];
  if (type === "[]string") return firstFault(items, isScalar, "string");
  return type === "[]interface {}" ? undefined : firstFault(items, isMap, "map[string]interface {}");
}

function firstFault(items: readonly ParsedNode[], accepts: (node: unknown) => boolean, type: string) {
  const node = items.find((each) => !accepts(each));
  return node === undefined ? undefined : { node, type };
}

/** Times as Go prints them. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace(".000Z", "Z");
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** A block's annotations, without its scope and place. Throws `AnnotationFault`. */
export function annotationsOf(fields: Fields, loc: Location): Omit<Annotations, "loc" | "scope"> {
  const texts = (name: string): readonly unknown[] => (Array.isArray(fields[name]) ? fields[name] : []);
  const text = (name: string): object => (fields[name] === undefined ? {} : { [name]: String(fields[name]) });
  return {
    entrypoint: fields["entrypoint"] === true,
    ...text("title"),
    ...text("description"),
    ...(fields["organizations"] !== undefined && { organizations: texts("organizations").map(String) }),
    ...(fields["related_resources"] !== undefined && {
      relatedResources: texts("related_resources").map(relatedResource),
    }),
    ...(fields["authors"] !== undefined && { authors: texts("authors").map(author) }),
    ...(fields["schemas"] !== undefined && { schemas: texts("schemas").map((item) => schema(item, loc)) }),
    ...(isRecord(fields["compile"]) && { compile: compileOf(fields["compile"], loc) }),
    ...(isRecord(fields["labels"]) && { labels: fields["labels"] }),
    ...(isRecord(fields["custom"]) && { custom: fields["custom"] }),
  };
}

type RelatedResource = NonNullable<Annotations["relatedResources"]>[number];

function relatedResource(item: unknown): RelatedResource {
  const fault = (why: string) => new AnnotationFault(`invalid related-resource definition ${goText(item)}: ${why}`);
  const ref = isRecord(item) ? item["ref"] : item;
  if (isRecord(item) && (typeof ref !== "string" || ref === "")) throw fault("'ref' value required in object");
  if (typeof ref !== "string") throw fault("invalid value type, must be string or map");
  if (ref === "") throw fault("ref URL may not be empty string");
  if (ref.startsWith(":")) throw fault(`parse ${JSON.stringify(ref)}: missing protocol scheme`);
  const description = isRecord(item) ? item["description"] : undefined;
  return { ref, ...(typeof description === "string" && { description }) };
}

/** `Jane Doe <jane@example.com>`, or an object of name and email. */
function author(item: unknown): NonNullable<Annotations["authors"]>[number] {
  const fault = (why: string) => new AnnotationFault(`invalid author definition ${goText(item)}: ${why}`);
  if (isRecord(item)) {
    const [name, email] = [item["name"], item["email"]].map((each) => (typeof each === "string" ? each : ""));
    if (!name && !email) throw fault("'name' and/or 'email' values required in object");
    return { ...(name && { name }), ...(email && { email }) };
  }
  if (typeof item !== "string") throw fault("invalid value type, must be string or map");
  const text = item.trim();
  if (text === "") throw fault("author is an empty string");
  const [, name = "", email] = /^(.*?)\s*(?:<([^>]+)>)?$/.exec(text) ?? [];
  return { ...(name === "" ? {} : { name }), ...(email === undefined ? {} : { email }) };
}

/** One entry, path to schema: `- input.a: schema.a`, or an inline definition. */
function schema(item: unknown, loc: Location): NonNullable<Annotations["schemas"]>[number] {
  const [path, value] = Object.entries(isRecord(item) ? item : {})[0] ?? ["", undefined];
  const ref = refFromText(path, loc);
  if (ref === undefined || !isRoot(ref, ["input", "data"])) throw new AnnotationFault("invalid document reference");
  if (isRecord(value)) return { path: ref, definition: value };
  if (typeof value !== "string")
    throw new AnnotationFault(`invalid schema declaration for path ${JSON.stringify(path)}`);
  const target = refFromText(value, loc);
  if (target === undefined || !isRoot(target, ["schema"])) throw new AnnotationFault("invalid schema reference");
  return { path: ref, schema: target };
}

function compileOf(fields: Fields, loc: Location): NonNullable<Annotations["compile"]> {
  const refs = Array.isArray(fields["unknowns"]) ? fields["unknowns"].map((each) => refOrFault(each, loc)) : undefined;
  const rule = typeof fields["mask_rule"] === "string" ? refOrFault(fields["mask_rule"], loc) : undefined;
  return { ...(refs !== undefined && { unknowns: refs }), ...(rule !== undefined && { maskRule: rule }) };
}

function refOrFault(text: unknown, loc: Location): Ref {
  const ref = refFromText(String(text), loc);
  if (ref === undefined) throw new AnnotationFault(`invalid reference ${JSON.stringify(text)}`);
  return ref;
}

function isRoot({ terms: [head] }: Ref, names: readonly string[]): boolean {
  return head?.kind === "var" && names.includes(head.name);
}

/** `a.b["c d"]`; undefined for everything else. */
function refFromText(text: string, loc: Location): Ref | undefined {
  const operand = /\.([A-Za-z_]\w*)|\["((?:[^"\\]|\\.)*)"\]/y;
  const [head] = /^[A-Za-z_]\w*/.exec(text) ?? [];
  if (head === undefined) return undefined;
  const terms: Term[] = [{ kind: "var", loc, name: head }];
  for (operand.lastIndex = head.length; operand.lastIndex < text.length; ) {
    const match = operand.exec(text);
    if (match === null) return undefined;
    terms.push({ kind: "string", loc, value: match[1] ?? (JSON.parse(`"${match[2]}"`) as string) });
  }
  return { kind: "ref", loc, terms };
}

/** A value as Go's `%s` prints it. */
function goText(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (isRecord(value)) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(" ")}]`;
  }
  if (value === null || value === undefined) return "%!s(<nil>)";
  const type = typeof value === "boolean" ? "bool" : Number.isInteger(value) ? "int" : "float64";
  return `%!s(${type}=${String(value)})`;
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

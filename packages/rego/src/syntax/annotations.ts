import { LineCounter, parseDocument } from "yaml";
import type { Annotations, Comment, Location, Module, Ref, Rule, Term } from "./ast.ts";
import type { SourceLocation } from "./source.ts";

type Fail = (loc: Location, message: string) => never;

const scopes = ["rule", "document", "package", "subpackages"] as const;

/**
 * Finds `# METADATA` blocks and hands them to the rule or package below.
 * https://www.openpolicyagent.org/docs/policy-language#metadata
 */
export function attachAnnotations(module: Module, fail: Fail): Module {
  const blocks = findBlocks(module.comments);
  if (blocks.length === 0) return module;
  const annotations: Annotations[] = [];
  const ofRule = new Map<Rule, Annotations[]>();
  for (const block of blocks) {
    const below = nextStatement(module, block.end);
    if (below === undefined) fail(block.loc, "annotation scope 'rule' must be applied to rule");
    const parsed = parseBlock(block, below.kind === "rule" ? "rule" : "package", fail);
    checkScope(parsed, below.kind, fail);
    annotations.push(parsed);
    if (below.kind === "rule") ofRule.set(below.rule, [...(ofRule.get(below.rule) ?? []), parsed]);
  }
  const rules = module.rules.map((rule) => ({ ...rule, annotations: ofRule.get(rule) ?? [] }));
  const places = new Map(blocks.map(({ loc }) => [loc.offset, loc]));
  // As in OPA, the comment at the top of a block has the whole block as its text.
  const comments = module.comments.map((each) => ({ ...each, loc: places.get(each.loc.offset) ?? each.loc }));
  return { ...module, rules, comments, annotations };
}

interface Block {
  readonly loc: Location;
  readonly end: number;
  readonly text: string;
}

/** Comments on consecutive lines, the first of which is `# METADATA`. */
function findBlocks(comments: readonly Comment[]): readonly Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < comments.length; i++) {
    const first = comments[i] as Comment;
    if (first.text.trim() !== "METADATA") continue;
    const lines: string[] = [];
    let last = first;
    while (i + 1 < comments.length) {
      const next = comments[i + 1] as Comment;
      if (next.loc.row !== last.loc.row + 1 || next.loc.col !== first.loc.col || next.text.trim() === "METADATA") break;
      lines.push(next.text);
      last = next;
      i++;
    }
    blocks.push({ loc: (first.loc as SourceLocation).to(last.loc), end: last.loc.end, text: lines.join("\n") });
  }
  return blocks;
}

type Below =
  | { readonly kind: "package" }
  | { readonly kind: "import" }
  | { readonly kind: "rule"; readonly rule: Rule };

function nextStatement(module: Module, offset: number): Below | undefined {
  const statements: (Below & { offset: number })[] = [
    { kind: "package", offset: module.package.loc.offset },
    ...module.imports.map((each) => ({ kind: "import" as const, offset: each.loc.offset })),
    ...module.rules.map((rule) => ({ kind: "rule" as const, rule, offset: rule.loc.offset })),
  ];
  return statements.filter((each) => each.offset > offset).sort((a, b) => a.offset - b.offset)[0];
}

function parseBlock(block: Block, defaultScope: "rule" | "package", fail: Fail): Annotations {
  const lines = new LineCounter();
  const document = parseDocument(block.text, { lineCounter: lines, strict: false });
  if (document.errors.length > 0) fail(block.loc, `yaml: ${document.errors[0]?.message.split("\n")[0] ?? "invalid"}`);
  const raw = (document.toJS({ maxAliasCount: 100 }) ?? {}) as { readonly [field: string]: unknown };
  if (typeof raw !== "object" || Array.isArray(raw)) fail(block.loc, "expected a YAML object in METADATA");
  const scope = (raw["scope"] ?? defaultScope) as Annotations["scope"];
  if (!scopes.includes(scope)) fail(block.loc, `invalid annotation scope '${String(scope)}'`);
  return {
    loc: block.loc,
    scope,
    entrypoint: raw["entrypoint"] === true,
    ...pickText(raw, "title"),
    ...pickText(raw, "description"),
    ...pickList(raw, "organizations", String),
    ...pickList(raw, "related_resources", relatedResource, "relatedResources"),
    ...pickList(raw, "authors", author),
    ...pickList(raw, "schemas", (item) => schema(item, block.loc)),
    ...(isRecord(raw["custom"]) ? { custom: raw["custom"] } : {}),
  } as Annotations;
}

function checkScope(annotations: Annotations, below: Below["kind"], fail: Fail): void {
  const forRule = annotations.scope === "rule" || annotations.scope === "document";
  if (forRule && below !== "rule")
    fail(annotations.loc, `annotation scope '${annotations.scope}' must be applied to rule`);
  if (!forRule && below === "rule")
    fail(annotations.loc, `annotation scope '${annotations.scope}' must be applied to package`);
  if (
    annotations.entrypoint &&
    annotations.scope !== "document" &&
    annotations.scope !== "package" &&
    annotations.scope !== "rule"
  ) {
    fail(annotations.loc, `annotation entrypoint applied to non-document or package scope '${annotations.scope}'`);
  }
}

function pickText(raw: { readonly [field: string]: unknown }, field: string): object {
  return typeof raw[field] === "string" ? { [field]: raw[field] } : {};
}

function pickList(
  raw: { readonly [field: string]: unknown },
  field: string,
  map: (item: unknown) => unknown,
  as = field,
): object {
  const list = raw[field];
  return Array.isArray(list) ? { [as]: list.map(map) } : {};
}

function relatedResource(item: unknown): unknown {
  if (!isRecord(item)) return { ref: String(item) };
  return { ref: String(item["ref"]), ...pickText(item, "description") };
}

/** `Jane Doe <jane@example.com>`, or an object of name and email. */
function author(item: unknown): unknown {
  if (isRecord(item)) return { ...pickText(item, "name"), ...pickText(item, "email") };
  const match = /^(.*?)\s*(?:<([^>]+)>)?$/.exec(String(item));
  const [, name = "", email] = match ?? [];
  return { ...(name === "" ? {} : { name }), ...(email === undefined ? {} : { email }) };
}

/** One entry, path to schema: `- input.a: schema.a`, or an inline definition. */
function schema(item: unknown, loc: Location): unknown {
  const [path, value] = Object.entries(isRecord(item) ? item : {})[0] ?? ["", undefined];
  const ref = refFromText(path, loc);
  return typeof value === "string" ? { path: ref, schema: refFromText(value, loc) } : { path: ref, definition: value };
}

function refFromText(text: string, loc: Location): Ref {
  const terms = text
    .split(".")
    .map((part, i): Term => (i === 0 ? { kind: "var", loc, name: part } : { kind: "string", loc, value: part }));
  return { kind: "ref", loc, terms };
}

function isRecord(value: unknown): value is { readonly [field: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

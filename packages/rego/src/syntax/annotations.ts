import { AnnotationFault, annotationsOf, readFields } from "./annotation-fields.ts";
import type { Annotations, Comment, Location, Module, Rule } from "./ast.ts";
import type { SourceLocation } from "./source.ts";

type Report = (loc: Location, message: string) => void;

const scopes = ["rule", "document", "package", "subpackages"] as const;

/** A `# METADATA` block that could be read, not yet at its rule or package. */
export interface ReadBlock {
  readonly block: Block;
  readonly parsed: ReturnType<typeof annotationsOf>;
  readonly scope: Annotations["scope"] | undefined;
}

/** Finds the `# METADATA` blocks of comments, and tells the faults of those that cannot be read, which are left out. */
export function readBlocks(comments: readonly Comment[], report: Report): readonly ReadBlock[] {
  return findBlocks(comments).flatMap((block) => readBlock(block, report) ?? []);
}

/**
 * Hands blocks to the rule or package below. The faults of all their scopes are told.
 * https://www.openpolicyagent.org/docs/policy-language#metadata
 */
export function attachAnnotations(module: Module, blocks: readonly ReadBlock[], report: Report): Module {
  if (blocks.length === 0) return module;
  const annotations: Annotations[] = [];
  const ofRule = new Map<Rule, Annotations[]>();
  for (const { block, parsed, scope } of blocks) {
    const below = nextStatement(module, block.end);
    const placed = scope ?? (defaultScope(below?.kind, parsed.entrypoint) as Annotations["scope"]);
    const each: Annotations = { loc: block.loc, scope: placed, ...parsed };
    annotations.push(each);
    checkScope(each, below?.kind, report);
    if (below?.kind === "rule") ofRule.set(below.rule, [...(ofRule.get(below.rule) ?? []), each]);
  }
  const rules = module.rules.map((rule) => ({ ...rule, annotations: ofRule.get(rule) ?? [] }));
  const places = new Map(blocks.map(({ block: { loc } }) => [loc.offset, loc]));
  // As in OPA, the comment at the top of a block has the whole block as its text.
  const comments = module.comments.map((each) => ({ ...each, loc: places.get(each.loc.offset) ?? each.loc }));
  return { ...module, rules, comments, annotations };
}

interface Block {
  readonly loc: Location;
  readonly end: number;
  readonly text: string;
  /** Without the first, which says METADATA. */
  readonly lines: readonly Comment[];
}

/** True for a comment that begins a block: as in OPA, whatever else its line says. */
export function isMetadata({ text, loc }: Comment): boolean {
  return loc.col === 1 && text.trim().startsWith("METADATA");
}

/** Comments at the beginnings of consecutive lines, the first of which is `# METADATA`. */
function findBlocks(comments: readonly Comment[]): readonly Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < comments.length; i++) {
    const first = comments[i] as Comment;
    if (!isMetadata(first)) continue;
    const lines: Comment[] = [];
    let last = first;
    while (i + 1 < comments.length) {
      const next = comments[i + 1] as Comment;
      if (next.loc.row !== last.loc.row + 1 || next.loc.col !== 1 || isMetadata(next)) break;
      lines.push(next);
      last = next;
      i++;
    }
    blocks.push({
      loc: (first.loc as SourceLocation).to(last.loc),
      end: last.loc.end,
      text: lines.map(({ text }) => text.replace(/^ /, "")).join("\n"),
      lines,
    });
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

/** The scope that a block has when it names none; with nothing below it none that is valid. */
function defaultScope(below: Below["kind"] | undefined, isEntrypoint: boolean): Annotations["scope"] | "" {
  if (below === undefined) return "";
  if (below !== "rule") return "package";
  return isEntrypoint ? "document" : "rule";
}

function readBlock(block: Block, report: Report): ReadBlock | undefined {
  try {
    const fields = readFields(block.text);
    const scope = fields["scope"] as Annotations["scope"] | undefined;
    return { block, parsed: annotationsOf(fields, block.loc), scope };
  } catch (error) {
    if (!(error instanceof AnnotationFault)) throw error;
    const line = error.lineOf(block.lines.length);
    report((line === undefined ? undefined : block.lines[line]?.loc) ?? block.loc, error.message);
    return undefined;
  }
}

function checkScope({ scope, entrypoint, loc }: Annotations, below: Below["kind"] | undefined, report: Report): void {
  const wanted = scope === "rule" || scope === "document" ? "rule" : "package";
  const have = below === undefined ? "" : ` (have ${below})`;
  const names = "'rule', 'document', 'package', or 'subpackages'";
  if (!scopes.some((each) => each === scope))
    report(loc, `invalid annotation scope '${String(scope)}'. Use one of ${names}`);
  else if (below !== wanted) report(loc, `annotation scope '${scope}' must be applied to ${wanted}${have}`);
  if (entrypoint && scope !== "document" && scope !== "package")
    report(loc, `annotation entrypoint applied to non-document or package scope '${scope}'`);
}

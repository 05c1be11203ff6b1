import { AnnotationFault, annotationsOf, readFields } from "./annotation-fields.ts";
import type { Annotations, Comment, Location, Module, Rule } from "./ast.ts";
import type { SourceLocation } from "./source.ts";

/** With the line, where the text of a block cannot be read. */
type Report = (loc: Location, message: string, withLine?: boolean) => void;

const scopes = ["rule", "document", "package", "subpackages"] as const;

/**
 * Finds `# METADATA` blocks and hands them to the rule or package below. All faults are told: of blocks that cannot be read, or else of
 * scopes that do not fit.
 * https://www.openpolicyagent.org/docs/policy-language#metadata
 */
export function attachAnnotations(module: Module, report: Report): Module {
  const blocks = findBlocks(module.comments);
  if (blocks.length === 0) return module;
  const read = blocks.flatMap((block) => {
    const below = nextStatement(module, block.end);
    const annotations = parseBlock(block, below?.kind, report);
    return annotations === undefined ? [] : [{ annotations, below }];
  });
  if (read.length < blocks.length) return module;
  const ofRule = new Map<Rule, Annotations[]>();
  for (const { annotations: each, below } of read) {
    checkScope(each, below?.kind, report);
    if (below?.kind === "rule") ofRule.set(below.rule, [...(ofRule.get(below.rule) ?? []), each]);
  }
  const annotations = read.map((each) => each.annotations);
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
  /** Without the first, which says METADATA. */
  readonly lines: readonly Comment[];
}

/** Comments on consecutive lines, the first of which is `# METADATA`. */
function findBlocks(comments: readonly Comment[]): readonly Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < comments.length; i++) {
    const first = comments[i] as Comment;
    if (first.text.trim() !== "METADATA") continue;
    const lines: Comment[] = [];
    let last = first;
    while (i + 1 < comments.length) {
      const next = comments[i + 1] as Comment;
      if (next.loc.row !== last.loc.row + 1 || next.loc.col !== first.loc.col || next.text.trim() === "METADATA") break;
      lines.push(next);
      last = next;
      i++;
    }
    blocks.push({
      loc: (first.loc as SourceLocation).to(last.loc),
      end: last.loc.end,
      text: lines.map(({ text }) => text).join("\n"),
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

function parseBlock(block: Block, below: Below["kind"] | undefined, report: Report): Annotations | undefined {
  try {
    const fields = readFields(block.text);
    const parsed = annotationsOf(fields, block.loc);
    const scope = (fields["scope"] ?? defaultScope(below, parsed.entrypoint)) as Annotations["scope"];
    return { loc: block.loc, scope, ...parsed };
  } catch (error) {
    if (!(error instanceof AnnotationFault)) throw error;
    const line = error.line === undefined ? undefined : block.lines[error.line - 1];
    report(line?.loc ?? block.loc, error.message, true);
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

import { parseYamlDocuments } from "@sallyport/kube";
import type { Candidate, Finding } from "./finding.ts";
import { findFormats } from "./formats.ts";
import { type Hit, type InspectOptions, inspectDocuments, inspectPlain } from "./inspect.ts";
import { masked } from "./mask.ts";
import { newlines } from "./walk.ts";

export interface ScanOptions extends InspectOptions {
  readonly fingerprint: (value: string) => string;
}

/** Files that are documents by their names; all others are texts. */
const documentNames = /(?:\.ya?ml|\.json|^-)$/i;

/**
 * Finds the secrets in one file: YAML and JSON by their structure, with comments; anything else, and documents that cannot be read (as
 * templates of charts), line by line. Answers them by line. Values leave it only masked, or as fingerprints.
 */
export function scanText(file: string, text: string, options: ScanOptions): readonly Finding[] {
  const hits = documentNames.test(file) ? documentHits(text, options) : inspectPlain(text, options);
  return unique(hits)
    .sort((a, b) => a.line - b.line)
    .map(({ rule, what, confidence, line, object, path, value }) => ({
      rule,
      what,
      confidence,
      file,
      line,
      ...(object === undefined ? {} : { object }),
      path,
      masked: masked(value),
      fingerprint: options.fingerprint(fingerprinted(value)),
    }));
}

function documentHits(text: string, options: InspectOptions): readonly Hit[] {
  const parsed = parseDocuments(text);
  if (parsed === undefined) return inspectPlain(text, options);
  const hits = [...inspectDocuments(parsed, options)];
  const told = new Set(hits.map(({ value }) => value));
  return [...hits, ...commentHits(text, told)];
}

function parseDocuments(text: string): ReturnType<typeof parseYamlDocuments> | undefined {
  try {
    const parsed = parseYamlDocuments(text);
    return parsed.documents.some(({ errors }) => errors.length > 0) ? undefined : parsed;
  } catch (error) {
    // Brackets in brackets, many thousands deep: as a text it is no danger.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** What stands in comments of a document is in no node of it. */
function commentHits(text: string, told: ReadonlySet<string>): readonly Hit[] {
  const comments = text.replace(/[^\n]+/g, (line) =>
    /^\s*#/.test(line) ? line : line.replace(/^.*?(?=\s#|$)/, blank),
  );
  if (!comments.includes("#")) return [];
  const found = [...findFormats(comments), ...commentedOut(comments)];
  return found
    .filter(({ value }) => !told.has(value))
    .map((each) => ({ ...each, path: each.assignedTo ?? "", line: 1 + newlines(text, each.offset) }));
}

function blank(text: string): string {
  return " ".repeat(text.length);
}

/** `# password: …`, as people leave behind what they tried. */
function commentedOut(comments: string): readonly Candidate[] {
  return inspectPlain(comments, {}).filter(
    ({ rule, confidence }) => rule.startsWith("named-") && confidence === "high",
  );
}

/** A key in PEM is the same one however it is indented, or escaped in JSON. */
function fingerprinted(value: string): string {
  return value.startsWith("-----BEGIN") ? value.replace(/\\n|\s/g, "") : value;
}

/** The same value by the same rule at one place is told once. */
function unique(hits: readonly Hit[]): Hit[] {
  const known = new Map(hits.map((hit) => [[hit.rule, hit.line, hit.path, hit.value].join("\0"), hit]));
  return [...known.values()];
}

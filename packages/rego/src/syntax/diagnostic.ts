import type { Location } from "./ast.ts";
import type { AstJson } from "./ast-json.ts";

/** OPA's error codes: https://www.openpolicyagent.org/docs/errors */
export type DiagnosticCode =
  /** The text is no Rego, or capabilities do not allow what it is written with. */
  | "rego_parse_error"
  /** Names: what is declared twice, not at all, or shadows another; strict mode's unused variables and imports. */
  | "rego_compile_error"
  /** What can never be true, calls with wrong arguments or of unknown functions, rules that conflict, wrong targets of `with`. */
  | "rego_type_error"
  /** A variable that nothing binds. */
  | "rego_unsafe_var_error"
  /** A rule that needs its own value. */
  | "rego_recursion_error"
  /** Modules of versions that cannot be compiled together. */
  | "rego_module_version_error";

/** A fault of the policy's author, as a value: OPA's message text, the place, and what would be right. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly loc: Location | undefined;
  /** What would be right, where that is evident. OPA does not have it. */
  readonly hint?: string;
  /** OPA's extra lines below the message (have/want of a type error). */
  readonly details?: readonly string[];
  /** The same for programs: the types and refs that the lines tell of, as OPA's JSON has them. */
  readonly typeDetails?: AstJson;
  /** Of a fault of syntax: the line it is in, and the UTF-8 byte in it. */
  readonly line?: SourceLine;
}

export interface SourceLine {
  readonly text: string;
  readonly index: number;
}

/** Thrown by entry points that have no other way to answer; carries all that was found. */
export class RegoError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join("\n"));
    this.name = "RegoError";
    this.diagnostics = diagnostics;
  }
}

/** One line, as OPA prints it: `policy.rego:3: rego_type_error: message`. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { code, message, loc } = diagnostic;
  const place = loc === undefined ? "" : `${loc.file === "" ? `${loc.row}:${loc.col}` : `${loc.file}:${loc.row}`}: `;
  return [`${place}${code}: ${message}`, ...(diagnostic.details ?? []).map((line) => `\t${line}`)].join("\n");
}

/** All faults as OPA tells them together, those of syntax with their lines. */
export function diagnosticsText(diagnostics: readonly Diagnostic[]): string {
  const texts = diagnostics.map((each) => {
    const lines = each.line === undefined ? [] : caretLines(each.line);
    return [formatDiagnostic(each), ...lines.map((line) => `\t${line}`)].join("\n");
  });
  return texts.length === 1 ? `1 error occurred: ${texts[0]}` : `${texts.length} errors occurred:\n${texts.join("\n")}`;
}

/** The line of a fault at `offset`; behind the last word it is that word's. */
export function sourceLine(text: string, offset: number): SourceLine {
  let at = Math.max(0, Math.min(offset, text.length - 1));
  while (at > 0 && /[\t\n\v\f\r ]/.test(text[at] as string)) at--;
  let begin = at;
  while (begin > 0 && !isBreak(text[begin])) begin--;
  if (isBreak(text[begin])) begin++;
  let end = at;
  while (end < text.length && !isBreak(text[end])) end++;
  begin = Math.min(begin, end);
  return {
    text: text.slice(begin, end),
    index: new TextEncoder().encode(text.slice(begin, Math.max(begin, at))).length,
  };
}

/** The line without its indentation, and a mark below the place. */
export function caretLines({ text, index }: SourceLine): readonly [string, string] {
  const line = text.replace(/^\t+/, "");
  return [line, `${" ".repeat(Math.max(0, index - (text.length - line.length)))}^`];
}

function isBreak(character: string | undefined): boolean {
  return character === "\n" || character === "\r";
}

import type { Diagnostic } from "@sallyport/rego";
import { compileProgram } from "./answer.ts";
import type { Program } from "./program.ts";

/** The program without the rules that the compiler refuses, so many times over; undefined when it needs no more, or nothing is left. */
export function repairedTimes(program: Program, times: number): Program | undefined {
  let repaired: Program | undefined = program;
  for (let i = 0; i < times && repaired !== undefined; i++) repaired = repairedOnce(repaired);
  return repaired;
}

/** Without the rules that one compilation refuses. */
export function repairedOnce(
  program: Program,
  diagnostics: readonly Diagnostic[] = compileProgram(program).diagnostics,
): Program | undefined {
  const rowsOf = (file: string) =>
    new Set(diagnostics.filter(({ loc }) => loc?.file === file).map(({ loc }) => loc?.row ?? 0));
  const module = withoutRows(program.module, rowsOf("p"));
  const library = program.library && withoutRows(program.library, rowsOf("lib"));
  if (module === program.module && library === program.library) return undefined;
  return module.includes("\n\n") ? { ...program, module, library } : undefined;
}

/** Without the paragraphs that have one of the rows; the package stays. */
function withoutRows(text: string, rows: ReadonlySet<number>): string {
  let row = 1;
  const kept = text.split("\n\n").filter((paragraph, i) => {
    const first = row;
    row += paragraph.split("\n").length + 1;
    return i === 0 || !Array.from({ length: row - first }, (_, line) => first + line).some((each) => rows.has(each));
  });
  return kept.join("\n\n");
}

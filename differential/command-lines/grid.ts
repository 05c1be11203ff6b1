/** What is combined of one command: each base with each flag and each format. */
export interface Grid {
  readonly command: string;
  /** Arguments with their inputs. */
  readonly bases: readonly string[];
  readonly flags: readonly string[];
  readonly formats: readonly string[];
}

/** Parts of command lines with bars between them, over any number of lines: `--fail | -d p.rego`. What has nothing in it is none. */
export function alternatives(text: string): readonly string[] {
  return text.split("|").map((each) => each.trim());
}

/** All command lines of a grid. */
export function linesOfGrid({ command, bases, flags, formats }: Grid): readonly string[] {
  return bases.flatMap((base) =>
    flags.flatMap((flag) => formats.map((format) => lineOf([command, ...partsOf(base, flag, format)]))),
  );
}

/** Standard input is named behind everything else of its command. */
function partsOf(base: string, flag: string, format: string): readonly string[] {
  const [shown = "", ...next] = format.split(" && ");
  const words = [base, flag, shown].map((part) => part.split("< "));
  const input = words.map(([, file]) => file).find((file) => file !== undefined);
  const plain = words.map(([text = ""]) => text.trim());
  return [...plain, input === undefined ? "" : `< ${input}`, ...next.map((line) => `&& ${line}`)];
}

function lineOf(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}

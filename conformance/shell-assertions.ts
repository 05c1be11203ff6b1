import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** What of the helpers in `hack/lib/test.sh` asserts something; the others make files, or ask what is there. */
const asserting =
  /kube::test::(?:\w+_assert|if_(?:has_string|has_not_string|empty_string|sort_by_has_correct_order)|results::diff|version::diff_assert)\b/;

/**
 * Puts each assertion behind a function that tells of it in the file `$ASSERTED`, with the place in the scripts where it stands: that
 * it was begun, and that it held. It says nothing else, and ends the script where the assertion itself would.
 */
export const tellAssertions = `
for asserted in $(compgen -A function kube::test:: | grep -xE '${asserting.source.replace("\\b", "").replaceAll("(?:", "(")}'); do
  eval "judged-$(declare -f "$asserted")"
  eval "$asserted() {
    local at=\\"\\\${BASH_SOURCE[1]##*/}:\\\${BASH_LINENO[0]}\\"
    echo \\"begun \\$at\\" >> \\"\\$ASSERTED\\"
    judged-$asserted \\"\\$@\\"
    local judged=\\$?
    if [[ \\$judged -eq 0 ]]; then echo \\"held \\$at\\" >> \\"\\$ASSERTED\\"; fi
    return \\$judged
  }"
done
`;

/** Places of assertions, as `FILE.sh:LINE`. */
export interface Asserted {
  readonly held: readonly string[];
  readonly failed: readonly string[];
}

/** A function of the scripts; lines count from 1. */
interface ShellFunction {
  readonly file: string;
  readonly first: number;
  readonly last: number;
  readonly body: string;
}

/** The functions of a tree's `test/cmd`, and the assertions in them. */
export class ShellAssertions {
  readonly #functions: ReadonlyMap<string, ShellFunction>;
  /** The lines where assertions begin, of each file. */
  readonly #lines: ReadonlyMap<string, readonly number[]>;

  constructor(root: string) {
    const files = globSync(join(root, "test/cmd/*.sh")).map(
      (file) => [basename(file), readFileSync(file, "utf8")] as const,
    );
    this.#functions = new Map(files.flatMap(([file, text]) => functionsIn(file, text)));
    this.#lines = new Map(files.map(([file, text]) => [file, linesIn(text)]));
  }

  /** What was told while a function of the scripts ran. One that failed beside another on its line, which held, is half of an `||`. */
  read(told: string): Asserted {
    const places = { begun: new Set<string>(), held: new Set<string>() };
    for (const [, what = "", file = "", line] of told.matchAll(/^(begun|held) (\S+\.sh):(\d+)$/gm)) {
      const place = this.#place(file, Number(line));
      if (place !== undefined) places[what as "begun" | "held"].add(place);
    }
    return { held: [...places.held], failed: [...places.begun].filter((place) => !places.held.has(place)) };
  }

  /** Places in a function, and in those that it calls, where there are assertions. */
  placesIn(name: string): readonly string[] {
    const seen = new Set<string>();
    const visit = (each: string) => {
      const body = this.#functions.get(each)?.body;
      if (body === undefined || seen.has(each)) return;
      seen.add(each);
      for (const [word] of body.matchAll(/[\w:-]+/g)) visit(word);
    };
    visit(name);
    return [...seen].flatMap((each) => {
      const { file, first, last } = this.#functions.get(each) as ShellFunction;
      const lines = this.#lines.get(file) ?? [];
      return lines.filter((line) => line >= first && line <= last).map((line) => `${file}:${line}`);
    });
  }

  /** Commands of several lines have one of them for theirs, which one is the shell's affair; none where the helpers call each other. */
  #place(file: string, line: number): string | undefined {
    const begun = this.#lines.get(file)?.findLast((each) => each <= line);
    return begun === undefined ? undefined : `${file}:${begun}`;
  }
}

/** A function ends with the last brace in front of the next one: braces that begin a line may be a document's. */
function functionsIn(file: string, text: string): readonly (readonly [string, ShellFunction])[] {
  const lines = text.split("\n");
  const starts = [...lines.entries()].flatMap(([at, line]) => {
    const [, name] = /^(?:function\s+)?([\w:-]+)\s*\(\)/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, at }];
  });
  return starts.map(({ name, at }, i) => {
    const end = lines.lastIndexOf("}", starts[i + 1]?.at ?? lines.length);
    const body = lines.slice(at + 1, end).filter((line) => !/^\s*#/.test(line));
    return [name, { file, first: at + 1, last: end + 1, body: body.join("\n") }] as const;
  });
}

function linesIn(text: string): readonly number[] {
  const lines = text.split("\n").entries();
  return [...lines].flatMap(([i, line]) => (!/^\s*#/.test(line) && asserting.test(line) ? [i + 1] : []));
}

import { runOpaBinary, runSallyport, World } from "../packages/cli/src/opa/command-lines.fixture.ts";
import type { Outcome } from "../packages/cli/src/opa/opa.fixture.ts";
import { knownReason } from "./command-line-known.ts";
import { otherAnswer } from "./other-answer.ts";
import { type ReplScript, replScript } from "./repl-scripts.ts";
import { randomTape } from "./tape.ts";

export interface ReplDifference {
  readonly script: ReplScript;
  readonly opa: Outcome;
  readonly sallyport: Outcome;
}

/** Types random lines into OPA's shell and into ours. Scripts that differ without a known reason are told with as few lines as show it. */
export async function compareRepls(
  file: string,
  { scripts, seed }: { readonly scripts: number; readonly seed: number },
  found: (difference: ReplDifference) => void,
): Promise<void> {
  const longest = Number.POSITIVE_INFINITY;
  const [theirs, ours] = [new World(runOpaBinary(file), { longest }), new World(runSallyport, { longest })];
  const differenceOf = async (script: ReplScript): Promise<ReplDifference | undefined> => {
    const [line, typed] = [`run ${script.args}`.trim(), script.lines.map((each) => `${each}\n`).join("")];
    const ask = () => theirs.answer(line, typed);
    const [first, sallyport] = [await ask(), await ours.answer(line, typed)];
    const opa = await otherAnswer(ask, { first, wanted: sallyport });
    const isKnown = opa !== undefined && knownReason([line, ...script.lines, ""].join("\n"), opa) !== undefined;
    return opa === undefined || isKnown ? undefined : { script, opa, sallyport };
  };
  for (let index = 0; index < scripts; index++) {
    const difference = await differenceOf(replScript(randomTape(seed, index)));
    if (difference !== undefined) found(await smallest(difference, differenceOf));
  }
  theirs.close();
  ours.close();
}

/** Without each line that it does not need. */
async function smallest(
  first: ReplDifference,
  differenceOf: (script: ReplScript) => Promise<ReplDifference | undefined>,
): Promise<ReplDifference> {
  let best = first;
  for (let at = best.script.lines.length - 1; at >= 0; at--) {
    const script = { ...best.script, lines: best.script.lines.toSpliced(at, 1) };
    best = (await differenceOf(script)) ?? best;
  }
  return (await differenceOf({ ...best.script, args: "" })) ?? best;
}

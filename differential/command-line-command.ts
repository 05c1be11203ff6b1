import type { Outcome } from "../packages/cli/src/opa/opa.fixture.ts";
import { commandLines, compareCommandLines } from "./command-line.ts";
import { findOpa } from "./opa-server.ts";

/** Longer answers are cut. */
const shownCharacters = 2_000;

/** Compares the command lines that begin with PART; the exit code. */
export async function differentialOfCommandLines(args: readonly string[]): Promise<number> {
  const opa = findOpa();
  if ("missing" in opa) {
    console.error(`differential: ${opa.missing}`);
    return 2;
  }
  let differing = 0;
  const { compared, known } = await compareCommandLines(opa.file, commandLines(args.join(" ")), (each) => {
    differing++;
    console.log(`== ${each.line}\n-- opa\n${shown(each.opa)}\n-- sallyport\n${shown(each.sallyport)}`);
  });
  for (const [reason, count] of known) console.log(`${count} differ: ${reason}`);
  console.log(`${compared} command lines; ${differing} differ without a known reason`);
  return differing === 0 ? 0 : 1;
}

function shown({ status, out, err }: Outcome): string {
  return `status ${status}\n${`${out}${err}`.slice(0, shownCharacters)}`;
}

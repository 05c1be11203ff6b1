import { findOpa } from "./opa-server.ts";
import { compareRepls } from "./repl.ts";

/** `[SCRIPTS] [SEED]`; the exit code. */
export async function differentialOfRepls([scripts = "500", seed = "1"]: readonly string[]): Promise<number> {
  const opa = findOpa();
  if ("missing" in opa) {
    console.error(`differential: ${opa.missing}`);
    return 2;
  }
  let differing = 0;
  await compareRepls(opa.file, { scripts: Number(scripts), seed: Number(seed) }, ({ script, opa, sallyport }) => {
    differing++;
    console.log(`== run ${script.args}\n${script.lines.join("\n")}\n-- opa\n${opa.out}${opa.err}`);
    console.log(`-- sallyport\n${sallyport.out}${sallyport.err}`);
  });
  console.log(`${scripts} scripts, seed ${seed}: ${differing} differ`);
  return differing === 0 ? 0 : 1;
}

import { randomTape, Tape } from "../tape.ts";
import { directedSteps } from "./directed.ts";
import { findKubeApiserver } from "./peers.ts";
import { printDifference } from "./print.ts";
import { runApiserverDifferential } from "./run.ts";
import { type Step, sampleKinds, scenario } from "./scenario.ts";

/** `[SCENARIOS|directed] [SEED] [KIND,…]`, `directed` being the cases written by hand. Answers the exit code: 0 nothing differs, 1 something does, 2 no peer or bad arguments. */
export async function differentialOfApiserver(args: readonly string[]): Promise<number> {
  const [scenarios = "500", seed = String(Date.now() % 1_000_000), list] = args;
  const kinds = list?.split(",");
  const files = findKubeApiserver();
  if ("missing" in files) return refuse(files.missing);
  if (!/^(\d+|directed)$/.test(scenarios) || !/^\d+$/.test(seed) || kinds?.some((kind) => !sampleKinds.includes(kind)))
    return refuse(
      `usage: npm run differential -- apiserver [SCENARIOS|directed] [SEED] [KIND,…]; kinds: ${sampleKinds.join(", ")}`,
    );
  const prefix = "url" in files ? `n${Date.now().toString(36)}x` : "n";
  const { steps, codes, differences, known } = await runApiserverDifferential({
    scenarios:
      scenarios === "directed" ? directedSteps(prefix, kinds) : random(Number(scenarios), Number(seed), prefix, kinds),
    progress: (done, different) => {
      if (done % 100 === 0) console.error(`${done} scenarios; ${different} answers differ`);
    },
  });
  const categories = Map.groupBy(differences, ({ name }) => name);
  for (const found of [...categories.values()].sort((a, b) => b.length - a.length))
    for (const difference of scenarios === "directed" ? found : found.slice(0, 1))
      printDifference(difference, found.length);
  for (const [reason, count] of Object.entries(known)) console.log(`\n${count} known: ${reason}`);
  const counts = Object.entries(codes).map(([code, count]) => `${count} x ${code}`);
  console.log(
    `seed ${seed}: ${steps} requests (${counts.join(", ")}); ${differences.length} answers differ, in ${categories.size} ways`,
  );
  return differences.length === 0 ? 0 : 1;
}

function* random(
  count: number,
  seed: number,
  prefix: string,
  kinds: readonly string[] | undefined,
): Iterable<readonly Step[]> {
  for (let i = 0; i < count; i++) yield scenario(new Tape(randomTape(seed, i)), `${prefix}${i}`, kinds);
}

function refuse(why: string): number {
  console.error(`differential: ${why}`);
  return 2;
}

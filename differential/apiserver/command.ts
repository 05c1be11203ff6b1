import { randomTape, Tape } from "../tape.ts";
import { corpusOf } from "./corpus.ts";
import { directedSteps } from "./directed.ts";
import { findKubeApiserver } from "./peers.ts";
import { printDifference } from "./print.ts";
import { runApiserverDifferential } from "./run.ts";
import { type Step, sampleKinds, scenario } from "./scenario.ts";

/** `[SCENARIOS|directed] [SEED] [KIND,…]`, `directed` being the cases written by hand; or `corpus FOLDER…`, manifests of others. Answers the exit code: 0 nothing differs, 1 something does, 2 no peer or bad arguments. */
export async function differentialOfApiserver(args: readonly string[]): Promise<number> {
  if (args[0] === "corpus") return differentialOfCorpus(args.slice(1));
  const [scenarios = "500", seed = String(Date.now() % 1_000_000), list] = args;
  const kinds = list?.split(",");
  const files = findKubeApiserver();
  if ("missing" in files) return refuse(files.missing);
  if (!/^(\d+|directed)$/.test(scenarios) || !/^\d+$/.test(seed) || kinds?.some((kind) => !sampleKinds.includes(kind)))
    return refuse(
      `usage: npm run differential -- apiserver [SCENARIOS|directed] [SEED] [KIND,…]; kinds: ${sampleKinds.join(", ")}`,
    );
  const prefix = "url" in files ? `n${Date.now().toString(36)}x` : "n";
  return compared(
    scenarios === "directed" ? directedSteps(prefix, kinds) : random(Number(scenarios), Number(seed), prefix, kinds),
    `seed ${seed}`,
    scenarios === "directed",
  );
}

async function differentialOfCorpus(folders: readonly string[]): Promise<number> {
  const files = findKubeApiserver();
  if ("missing" in files) return refuse(files.missing);
  if (folders.length === 0) return refuse("usage: npm run differential -- apiserver corpus FOLDER…");
  const corpus = corpusOf(folders);
  console.log(`${corpus.files} files; ${corpus.unknown} documents of kinds that nobody serves`);
  return compared(corpus.scenarios, "corpus", true);
}

/** Asks both, and prints what differs: all of it, or the first of each way. Answers the exit code. */
async function compared(scenarios: Iterable<readonly Step[]>, title: string, showsAll: boolean): Promise<number> {
  const { steps, codes, differences, known } = await runApiserverDifferential({
    scenarios,
    progress: (done, different) => {
      if (done % 100 === 0) console.error(`${done} scenarios; ${different} answers differ`);
    },
  });
  const categories = Map.groupBy(differences, ({ name }) => name);
  for (const found of [...categories.values()].sort((a, b) => b.length - a.length))
    for (const difference of showsAll ? found : found.slice(0, 1)) printDifference(difference, found.length);
  for (const [reason, count] of Object.entries(known)) console.log(`\n${count} known: ${reason}`);
  const counts = Object.entries(codes).map(([code, count]) => `${count} x ${code}`);
  console.log(
    `${title}: ${steps} requests (${counts.join(", ")}); ${differences.length} answers differ, in ${categories.size} ways`,
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

import { diffObjects } from "@sallyport/kube";
import { findKubeApiserver } from "./peers.ts";
import { type Difference, runApiserverDifferential } from "./run.ts";
import { sampleKinds } from "./scenario.ts";

/** Longer examples are cut: the first lines say what is wrong. */
const maxExampleLength = 6000;

/** More places of one answer say no more. */
const maxPaths = 8;

/** `[SCENARIOS] [SEED] [KIND,…]`. Answers the exit code: 0 nothing differs, 1 something does, 2 no peer or bad arguments. */
export async function differentialOfApiserver(args: readonly string[]): Promise<number> {
  const [scenarios = "500", seed = String(Date.now() % 1_000_000), list] = args;
  const kinds = list?.split(",");
  const files = findKubeApiserver();
  if ("missing" in files) return refuse(files.missing);
  if (!/^\d+$/.test(scenarios) || !/^\d+$/.test(seed) || kinds?.some((kind) => !sampleKinds.includes(kind)))
    return refuse(
      `usage: npm run differential -- apiserver [SCENARIOS] [SEED] [KIND,…]; kinds: ${sampleKinds.join(", ")}`,
    );
  const { steps, codes, differences, known } = await runApiserverDifferential({
    scenarios: Number(scenarios),
    seed: Number(seed),
    prefix: "url" in files ? `n${Date.now().toString(36)}x` : "n",
    kinds,
    progress: (done, different) => {
      if (done % 100 === 0) console.error(`${done} scenarios; ${different} answers differ`);
    },
  });
  const categories = Map.groupBy(differences, ({ name }) => name);
  for (const [name, found] of [...categories].sort((a, b) => b[1].length - a[1].length)) printCategory(name, found);
  for (const [reason, count] of Object.entries(known)) console.log(`\n${count} known: ${reason}`);
  const counts = Object.entries(codes).map(([code, count]) => `${count} x ${code}`);
  console.log(
    `seed ${seed}: ${steps} requests (${counts.join(", ")}); ${differences.length} answers differ, in ${categories.size} ways`,
  );
  return differences.length === 0 ? 0 : 1;
}

function printCategory(name: string, found: readonly Difference[]): void {
  const { step, theirs, ours } = found[0] as Difference;
  console.log(`\n${found.length} DIFFERENT: ${name}`);
  console.log(cut(`  ${step.method} ${step.path} ${step.accept ?? ""} ${JSON.stringify(step.body) ?? ""}`));
  const isMessage = theirs.code >= 400 || ours.code >= 400;
  const differing = diffObjects(theirs, ours).map((each) => ({ value: undefined, ...each }));
  const shown = isMessage ? differing.filter(({ path }) => /^\/(code|body|body\/message)$/.test(path)) : differing;
  for (const { path, value } of (shown.length === 0 ? differing : shown).slice(0, maxPaths)) {
    console.log(cut(`  ${path} kube-apiserver: ${JSON.stringify(valueAt(theirs, path))}`));
    console.log(cut(`  ${path} sallyport:      ${JSON.stringify(value)}`));
  }
}

/** What a JSON pointer points at. */
function valueAt(value: unknown, pointer: string): unknown {
  const keys = pointer.split("/").slice(1);
  return keys
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((inner, key) => (inner as { readonly [key: string]: unknown } | undefined)?.[key], value);
}

function cut(text: string): string {
  return text.length <= maxExampleLength ? text : `${text.slice(0, maxExampleLength)}…`;
}

function refuse(why: string): number {
  console.error(`differential: ${why}`);
  return 2;
}

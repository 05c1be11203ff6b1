import { findKubeApiserver } from "../apiserver/peers.ts";
import { randomTape, Tape } from "../tape.ts";
import { startAuditedKubeApiserver, startAuditedSallyport } from "../webhooks/peers.ts";
import { expressionText } from "./expressions.ts";
import { knownReason } from "./known.ts";
import { type CelDifference, compareExpressions } from "./run.ts";

/** `[EXPRESSIONS] [SEED]`. Answers the exit code: 0 nothing differs, 1 something does, 2 no peer or bad arguments. */
export async function differentialOfCel(args: readonly string[]): Promise<number> {
  const [count = "1000", seed = String(Date.now() % 1_000_000)] = args;
  const files = findKubeApiserver();
  if ("missing" in files || "url" in files || ![count, seed].every((each) => /^\d+$/.test(each))) {
    console.error(`differential: ${"missing" in files ? files.missing : "usage: cel [EXPRESSIONS] [SEED]"}`);
    return 2;
  }
  const faults: unknown[] = [];
  const theirs = await startAuditedKubeApiserver(files);
  const ours = await startAuditedSallyport((error) => faults.push(error));
  try {
    const texts = Array.from({ length: Number(count) }, (_, i) =>
      expressionText(new Tape(randomTape(Number(seed), i))),
    );
    const { differences, ...counts } = await compareExpressions({ theirs, ours }, texts, (done, different) =>
      console.error(`${done} expressions; ${different} differ`),
    );
    const known = differences.map(knownReason).filter((reason) => reason !== undefined);
    for (const difference of differences.filter((each) => knownReason(each) === undefined))
      console.log(textOf(difference));
    for (const reason of new Set(known))
      console.log(`${known.filter((each) => each === reason).length} known: ${reason}`);
    for (const fault of faults) console.log(`fault of our own: ${(fault as Error).stack}`);
    const { expressions, refused, failed, told: values } = counts;
    console.log(
      `seed ${seed}: ${expressions} expressions, ${refused} not compiled, ${failed} failed, ${values} with a value; ${differences.length} differ, ${known.length} of them for known reasons`,
    );
    return differences.length - known.length + faults.length === 0 ? 0 : 1;
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
  }
}

function textOf({ expression, theirs, ours }: CelDifference): string {
  return `DIFFERENT ${expression}\n  kube-apiserver: ${told(theirs)}\n  sallyport:      ${told(ours)}`;
}

/** Longer texts are cut. */
const maxLength = 1200;

function told(said: readonly string[]): string {
  const text = said.length === 0 ? "(nothing)" : JSON.stringify(said);
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

import { findKubeApiserver } from "../apiserver/peers.ts";
import { randomTape, Tape } from "../tape.ts";
import { startAuditedKubeApiserver, startAuditedSallyport } from "../webhooks/peers.ts";
import { expressionText } from "./expressions.ts";
import { compareExpressions } from "./run.ts";

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
    for (const { expression, theirs: their, ours: our } of differences)
      console.log(`DIFFERENT ${expression}\n  kube-apiserver: ${told(their)}\n  sallyport:      ${told(our)}`);
    for (const fault of faults) console.log(`fault of our own: ${(fault as Error).stack}`);
    const { expressions, refused, failed, told: values } = counts;
    console.log(
      `seed ${seed}: ${expressions} expressions, ${refused} not compiled, ${failed} failed, ${values} with a value; ${differences.length} differ`,
    );
    return differences.length + faults.length === 0 ? 0 : 1;
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
  }
}

/** Longer texts are cut. */
const maxLength = 1200;

function told(said: readonly string[]): string {
  const text = said.length === 0 ? "(nothing)" : JSON.stringify(said);
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

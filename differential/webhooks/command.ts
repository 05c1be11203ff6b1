import { diffObjects } from "@sallyport/kube";
import { valueAt } from "../apiserver/api-client.ts";
import { findKubeApiserver } from "../apiserver/peers.ts";
import { knownReason } from "./known.ts";
import { startAuditedKubeApiserver, startAuditedSallyport } from "./peers.ts";
import { compareWebhooks, type WebhookDifference } from "./run.ts";

/** Longer ones are cut: the first places say what is wrong. */
const maxPaths = 6;
const maxText = 900;

/** `[SCENARIOS] [SEED] [FROM]`. Answers the exit code: 0 nothing differs, 1 something does, 2 no peer or bad arguments. */
export async function differentialOfWebhooks(args: readonly string[]): Promise<number> {
  const [scenarios = "200", seed = String(Date.now() % 1_000_000), from = "0"] = args;
  const files = findKubeApiserver();
  if ("missing" in files || "url" in files || ![scenarios, seed, from].every((each) => /^\d+$/.test(each))) {
    console.error(`differential: ${"missing" in files ? files.missing : "usage: webhooks [SCENARIOS] [SEED] [FROM]"}`);
    return 2;
  }
  const faults: unknown[] = [];
  const theirs = await startAuditedKubeApiserver(files);
  const ours = await startAuditedSallyport((error) => faults.push(error));
  try {
    const options = { scenarios: Number(scenarios), seed: Number(seed), from: Number(from) };
    const { requests, refused, calls, differences } = await compareWebhooks(theirs, ours, options, (done, different) =>
      console.error(`${done} scenarios; ${different} requests differ`),
    );
    const judged = differences.map((each) => ({ each, reason: knownReason(pathsOf(each), each) }));
    const open = judged.filter(({ reason }) => reason === undefined);
    for (const { each } of open) console.log(textOf(each));
    for (const [reason, count] of counted(judged)) console.log(`${count} known: ${reason}`);
    for (const fault of faults) console.log(`fault of our own: ${(fault as Error).stack}`);
    console.log(
      `seed ${seed}: ${scenarios} scenarios, ${requests} requests, ${refused} of them refused, ${calls} calls of webhooks; ${differences.length} differ, ${differences.length - open.length} of them for known reasons`,
    );
    return open.length + faults.length === 0 ? 0 : 1;
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
  }
}

function pathsOf({ theirs, ours }: WebhookDifference): readonly string[] {
  return diffObjects(theirs, ours).map(({ path }) => path);
}

function counted(judged: readonly { readonly reason: string | undefined }[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { reason } of judged) if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

function textOf({ scenario, step, theirs, ours }: WebhookDifference): string {
  const behaviours = scenario.behaviours.map(({ path, name }) => `${path.split("/").at(-1)}: ${name}`).join("; ");
  const patch = diffObjects(theirs, ours).slice(0, maxPaths);
  return [
    `DIFFERENT ${scenario.name} (${behaviours}): ${step.method} ${step.path}`,
    ...patch.flatMap((each) => [
      `  ${each.path}`,
      `    kube-apiserver: ${cut(JSON.stringify(valueAt(theirs, each.path)))}`,
      `    sallyport:      ${cut(JSON.stringify(valueAt(ours, each.path)))}`,
    ]),
  ].join("\n");
}

function cut(text: string | undefined): string {
  return text === undefined || text.length <= maxText ? `${text}` : `${text.slice(0, maxText)}…`;
}

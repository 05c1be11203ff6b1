import type { KubeObject } from "@sallyport/kube";
import { differenceOf, told } from "../admission/answers.ts";
import { create, dry, object, patch, space } from "../admission/plugins/plugin-case.ts";
import { findKubeApiserver, type Peer, startKubeApiserver, startSallyport } from "../apiserver/peers.ts";
import type { Step } from "../apiserver/scenario.ts";
import { randomTape, Tape } from "../tape.ts";
import { randomCase, type SecurityCase } from "./random-case.ts";

/** A real kube-apiserver sees new namespaces and pods within a second. */
const settleMs = 1500;

/** Their namespaces and pods are made before the first of them is asked. */
const casesAtOnce = 25;

const usage = "usage: npm run differential -- podsecurity [CASES] [SEED]";

/** Random pods and workloads in namespaces of random levels to a real kube-apiserver and to ours: the same verdicts, words, warnings. */
export async function differentialOfPodSecurity(words: readonly string[]): Promise<number> {
  const [cases = "300", seed = String(Date.now() % 1_000_000_000), ...more] = words;
  const files = findKubeApiserver();
  if (more.length > 0 || !/^\d+$/.test(cases) || !/^\d+$/.test(seed) || "missing" in files) {
    console.error(`differential: ${"missing" in files ? files.missing : usage}`);
    return 2;
  }
  const faults: unknown[] = [];
  const [theirs, ours] = await Promise.all([startKubeApiserver(files), startSallyport((error) => faults.push(error))]);
  try {
    const { counts, different } = await compareCases(theirs, ours, Number(cases), Number(seed));
    for (const each of different) console.log(each);
    for (const fault of faults) console.log(`fault of our own: ${(fault as Error).stack}`);
    console.log(`seed ${seed}: ${cases} cases, ${JSON.stringify(counts)}; ${different.length} answers differ`);
    return different.length + faults.length === 0 ? 0 : 1;
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
  }
}

async function compareCases(theirs: Peer, ours: Peer, cases: number, seed: number) {
  const different: string[] = [];
  const counts = { asked: 0, refused: 0, invalid: 0, warned: 0 };
  const compare = async (name: string, step: Step) => {
    const [their, our] = await Promise.all([theirs.client.ask(step), ours.client.ask(step)]);
    counts.asked++;
    if (their.code === 403) counts.refused++;
    else if (their.code >= 400) counts.invalid++;
    if (their.warnings.length > 0) counts.warned++;
    const found = differenceOf(name, step, told(their), told(our));
    if (found !== undefined) different.push(found);
  };
  for (let from = 0; from < cases; from += casesAtOnce) {
    const batch = Array.from({ length: Math.min(casesAtOnce, cases - from) }, (_, at) => {
      const name = `c${from + at}`;
      return { name, ...stepsOf(randomCase(new Tape(randomTape(seed, from + at))), name) };
    });
    for (const { name, before } of batch) for (const step of before) await compare(name, step);
    await new Promise((done) => setTimeout(done, settleMs));
    for (const { name, pods } of batch) for (const step of pods) await compare(name, step);
    await new Promise((done) => setTimeout(done, settleMs));
    for (const { name, asked } of batch) for (const step of asked) await compare(name, step);
  }
  return { counts, different };
}

/** One namespace with the labels, and one that lets every pod in, whose labels are then to change. */
function stepsOf({ labels, pods, workloads, changes }: SecurityCase, name: string) {
  const [labelled, open] = [`${name}-labelled`, `${name}-open`];
  const within = (each: KubeObject, namespace: string) => ({ ...each, metadata: { ...each.metadata, namespace } });
  return {
    before: [...space(labelled, { labels }), ...space(open)],
    pods: pods.map((pod) => create(within(pod, open))),
    asked: [
      ...[...pods, ...workloads].map((each) => dry(create(within(each, labelled)))),
      ...changes.map((change) => dry(patch(object("v1", "Namespace", open), change))),
    ],
  };
}

import { createChain, type Plugin } from "@sallyport/admission";
import { diffObjects } from "@sallyport/kube";
import type { Answer } from "../apiserver/api-client.ts";
import { masked } from "../apiserver/mask.ts";
import { findKubeApiserver, type Peer, startEtcd, startKubeApiserverOn, startSallyport } from "../apiserver/peers.ts";
import type { Step } from "../apiserver/scenario.ts";
import { randomTape, Tape } from "../tape.ts";
import { randomCase } from "./random-case.ts";
import { type CaseSteps, shared, stepsOf } from "./steps.ts";

/** The last release that had PodSecurityPolicies. */
const release = { version: "v1.24", variable: "SALLYPORT_KUBE_APISERVER_124" };

/** A real kube-apiserver sees new policies and bindings within a second. */
const settleMs = 1500;

/** Each of them is tried on every pod while it is there. */
const casesAtOnce = 20;

const usage = "usage: npm run differential -- podsecuritypolicy [CASES] [SEED]";

/** Random PodSecurityPolicies and pods to a kube-apiserver of 1.24 and to ours: the same verdicts, words, pods. Answers the exit code. */
export async function differentialOfPodSecurityPolicies(words: readonly string[]): Promise<number> {
  const [cases = "300", seed = String(Date.now() % 1_000_000_000), ...more] = words;
  const files = findKubeApiserver(release);
  if (more.length > 0 || !/^\d+$/.test(cases) || !/^\d+$/.test(seed) || "missing" in files || "url" in files) {
    console.error(`differential: ${"missing" in files ? files.missing : usage}`);
    return 2;
  }
  const faults: unknown[] = [];
  const etcd = await startEtcd(files.etcd);
  try {
    const theirs = await startKubeApiserverOn(files.apiserver, etcd.url, {
      "enable-admission-plugins": "PodSecurityPolicy",
      "feature-gates": "ProcMountType=true",
    });
    const plugins = createChain({ enable: ["PodSecurityPolicy"] }) as readonly Plugin[];
    const ours = await startSallyport((error) => faults.push(error), { plugins });
    const { counts, different } = await compareCases(theirs, ours, Number(cases), Number(seed)).finally(() =>
      Promise.all([theirs.close(), ours.close()]),
    );
    for (const each of different) console.log(each);
    for (const fault of faults) console.log(`fault of our own: ${(fault as Error).stack}`);
    console.log(`seed ${seed}: ${cases} cases, ${JSON.stringify(counts)}; ${different.length} answers differ`);
    return different.length + faults.length === 0 ? 0 : 1;
  } finally {
    etcd.close();
  }
}

interface Counts {
  policies: number;
  policiesRefused: number;
  pods: number;
  podsRefused: number;
  changes: number;
  changesRefused: number;
  /** Answers that differ because pods themselves are validated otherwise since. */
  known: number;
}

class Comparison {
  readonly #theirs: Peer;
  readonly #ours: Peer;
  readonly different: string[] = [];
  readonly counts: Counts = {
    policies: 0,
    policiesRefused: 0,
    pods: 0,
    podsRefused: 0,
    changes: 0,
    changesRefused: 0,
    known: 0,
  };

  constructor(theirs: Peer, ours: Peer) {
    this.#theirs = theirs;
    this.#ours = ours;
  }

  /** True if kube-apiserver took it. */
  async ask(step: Step, what: "policies" | "pods" | "changes" | undefined): Promise<boolean> {
    const [their, our] = await Promise.all([this.#theirs.client.ask(step), this.#ours.client.ask(step)]);
    const isTaken = their.code < 300;
    if (what !== undefined) {
      this.counts[what]++;
      if (!isTaken) this.counts[`${what}Refused`]++;
    }
    const [theirs, ours] = [decided(their), decided(our)];
    if (isKnown(theirs, ours)) {
      this.counts.known++;
      return false;
    }
    const difference = differenceOf(step, theirs, ours);
    if (difference !== undefined) this.different.push(difference);
    return isTaken;
  }
}

async function compareCases(theirs: Peer, ours: Peer, cases: number, seed: number): Promise<Comparison> {
  const comparison = new Comparison(theirs, ours);
  // Without any policy nothing is admitted.
  const first = stepsOf(randomCase(new Tape(randomTape(seed, 0))), "none");
  for (const step of [...shared, ...first.before]) await comparison.ask(step, undefined);
  await settle();
  await comparison.ask(first.create, "pods");
  for (let from = 0; from < cases; from += casesAtOnce) {
    const batch = Array.from({ length: Math.min(casesAtOnce, cases - from) }, (_, i) =>
      stepsOf(randomCase(new Tape(randomTape(seed, from + i))), `s${seed}-${from + i}`),
    );
    await compareBatch(comparison, batch);
  }
  return comparison;
}

async function compareBatch(comparison: Comparison, batch: readonly CaseSteps[]): Promise<void> {
  for (const { policies, before } of batch) {
    for (const step of policies) await comparison.ask(step, "policies");
    for (const step of before) await comparison.ask(step, undefined);
  }
  await settle();
  const made: CaseSteps[] = [];
  for (const each of batch) if (await comparison.ask(each.create, "pods")) made.push(each);
  // What was admitted by a policy that is gone must satisfy another one.
  for (const { after } of batch.filter((_, i) => i % 2 === 0)) await comparison.ask(after[0] as Step, undefined);
  await settle();
  for (const { changes } of made) for (const step of changes) await comparison.ask(step, "changes");
  for (const [i, { after }] of batch.entries())
    for (const step of after.slice(i % 2 === 0 ? 1 : 0)) await comparison.ask(step, undefined);
}

function settle(): Promise<void> {
  return new Promise((done) => setTimeout(done, settleMs));
}

// biome-ignore lint/suspicious/noExplicitAny: answers are free-form JSON
type Fields = any;

/** What the plugin has a part in: releases differ in other fields of pods. */
function decided(answer: Answer): Fields {
  const { code, body } = masked(answer) as { readonly code: number; readonly body: Fields };
  if (code >= 300) return { code, message: partsOf(body.message) };
  if (body.kind !== "Pod") return { code };
  const contexts = (list: readonly Fields[] | undefined) =>
    list?.map(({ securityContext }) => contextOf(securityContext));
  return {
    code,
    annotations: body.metadata.annotations,
    runtimeClassName: body.spec.runtimeClassName,
    pod: contextOf(body.spec.securityContext),
    initContainers: contexts(body.spec.initContainers),
    containers: contexts(body.spec.containers),
    ephemeralContainers: contexts(body.spec.ephemeralContainers),
  };
}

/** The faults that a refusal tells, sorted: kube-apiserver tells those of several policies in any order. */
function partsOf(message: string): readonly string[] {
  return message
    .replace(/\]$/, "")
    .split(/ (?=(?:pod\.)?(?:spec|metadata)[.[])|: \[/)
    .sort();
}

/** Without AppArmor's field: what annotations say is there as a field only since 1.30. */
function contextOf(context: Fields): Fields {
  const { appArmorProfile: _, ...rest } = context ?? {};
  return rest;
}

/**
 * Of pods that are refused as pods, each release tells its own faults. `/proc` unmasked needs a user namespace since 1.30, and seccomp's
 * annotations may say anything since 1.27.
 */
function isKnown(theirs: Fields, ours: Fields): boolean {
  const isInvalid = (answer: Fields) => answer.code === 422 && String(answer.message).startsWith('Pod "');
  if (isInvalid(theirs) && isInvalid(ours)) return true;
  return isInvalid(ours)
    ? theirs.code < 300 && String(ours.message).includes("`hostUsers` must be false")
    : isInvalid(theirs) && String(theirs.message).includes("seccomp type in annotation and field must match");
}

function differenceOf(step: Step, theirs: Fields, ours: Fields): string | undefined {
  const patch = diffObjects(theirs, ours);
  if (patch.length === 0) return undefined;
  return [
    `DIFFERENT: ${step.method} ${step.path}`,
    `  asked:          ${JSON.stringify(step.body)}`,
    `  kube-apiserver: ${JSON.stringify(theirs)}`,
    `  sallyport:      ${JSON.stringify(ours)}`,
    `  ${JSON.stringify(patch)}`,
  ].join("\n");
}

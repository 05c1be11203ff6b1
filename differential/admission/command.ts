import { diffObjects } from "@sallyport/kube";
import type { Answer } from "../apiserver/api-client.ts";
import { masked } from "../apiserver/mask.ts";
import { findKubeApiserver, type Peer, startKubeApiserver, startSallyport } from "../apiserver/peers.ts";
import type { Step } from "../apiserver/scenario.ts";
import { podSecurityCases } from "./pod-security.ts";
import { type AdmissionCase, policyCases } from "./policies.ts";

/** A real kube-apiserver looks for new policies once a second, and compiles them. */
const settleMs = 4000;

/** Longer answers are cut: the first lines say what is wrong. */
const maxLength = 600;

export interface AdmissionCounts {
  readonly asked: number;
  /** Of kube-apiserver's answers. */
  readonly refused: number;
  readonly different: readonly string[];
  /** Cases for which kube-apiserver took too long: by name. */
  readonly unanswered: readonly string[];
}

/** The same objects and policies to a real kube-apiserver and to ours: the same decisions, in the same words. Answers the exit code. */
export async function differentialOfAdmission(): Promise<number> {
  const files = findKubeApiserver();
  if ("missing" in files) {
    console.error(`differential: ${files.missing}`);
    return 2;
  }
  const faults: unknown[] = [];
  const [theirs, ours] = await Promise.all([startKubeApiserver(files), startSallyport((error) => faults.push(error))]);
  try {
    const { asked, refused, different, unanswered } = await compareAdmission(theirs, ours, [
      ...policyCases(),
      ...podSecurityCases(),
    ]);
    for (const each of different) console.log(each);
    for (const name of unanswered) console.log(`kube-apiserver did not answer in time: ${name}`);
    for (const fault of faults) console.log(`fault of our own: ${(fault as Error).stack}`);
    console.log(`${asked} objects, ${refused} of them refused; ${different.length} decisions differ`);
    return different.length + faults.length === 0 ? 0 : 1;
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
  }
}

/** Makes what the cases need on both, then asks. */
export async function compareAdmission(
  theirs: Peer,
  ours: Peer,
  cases: readonly AdmissionCase[],
): Promise<AdmissionCounts> {
  const different: string[] = [];
  /** Asks both, and answers kube-apiserver's code; undefined where it answers nothing in time. */
  const compare = async (name: string, step: Step): Promise<number | undefined> => {
    const [their, our] = await Promise.all([theirs.client.ask(step).catch(() => undefined), ours.client.ask(step)]);
    if (their === undefined) return undefined;
    const found = differenceOf(name, step, decided(their), decided(our));
    if (found !== undefined) different.push(found);
    return their.code;
  };
  const broken = new Set<AdmissionCase>();
  for (const each of cases)
    for (const step of each.before) {
      const code = (await compare(`${each.name}, before`, step)) ?? 500;
      // The namespace's service account may have been made already.
      if (code >= 400 && code !== 409) broken.add(each);
    }
  await new Promise((done) => setTimeout(done, settleMs));
  const unanswered: string[] = [];
  let [asked, refused] = [0, 0];
  for (const each of cases) {
    if (broken.has(each)) continue;
    const code = await compare(each.name, each.asked);
    if (code === undefined) unanswered.push(each.name);
    else asked++;
    if (code !== undefined && code >= 400) refused++;
  }
  return { asked, refused, different, unanswered };
}

/** What admission has a part in: headers are compared elsewhere. */
function decided(answer: Answer): Answer {
  return { ...masked(answer), headers: {} };
}

function differenceOf(name: string, step: Step, theirs: Answer, ours: Answer): string | undefined {
  const patch = diffObjects(theirs, ours);
  if (patch.length === 0) return undefined;
  const told = ({ code, warnings, body }: Answer) => {
    const { message } = body as { readonly message?: string };
    return cut(JSON.stringify({ code, warnings, message }));
  };
  return [
    `DIFFERENT: ${name}: ${step.method} ${step.path}`,
    `  kube-apiserver: ${told(theirs)}`,
    `  sallyport:      ${told(ours)}`,
    `  ${cut(JSON.stringify(patch))}`,
  ].join("\n");
}

function cut(text: string): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

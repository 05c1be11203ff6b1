import { diffObjects } from "@sallyport/kube";
import type { Answer, ApiClient } from "./api-client.ts";
import { knownReason } from "./known.ts";
import { masked } from "./mask.ts";
import { findKubeApiserver, type Peer, startKubeApiserver, startSallyport } from "./peers.ts";
import type { Step } from "./scenario.ts";

export interface Difference {
  /** What differs, without names: differences of one cause have one name. */
  readonly name: string;
  readonly step: Step;
  readonly theirs: Answer;
  readonly ours: Answer;
  /** The values are the same, and written otherwise. */
  readonly isOrder?: boolean;
}

export interface Outcome {
  readonly steps: number;
  readonly codes: { readonly [code: string]: number };
  readonly differences: readonly Difference[];
  /** Differences that stay, by their reason. */
  readonly known: { readonly [reason: string]: number };
}

export interface RunOptions {
  /** Requests that belong together. */
  readonly scenarios: Iterable<readonly Step[]>;
  readonly progress: (done: number, different: number) => void;
}

/** Resources of which the servers write themselves when a client has: they are given this long to. */
const settled = /\/(flowschemas|prioritylevelconfigurations|apiservices|customresourcedefinitions)\b/;
const settleMs = 400;

const silence: Answer = { code: 0, headers: {}, warnings: [], body: "" };

/** Sends the same requests to a real kube-apiserver and to ours, and answers what differs. Rejects when there is no peer. */
export async function runApiserverDifferential(options: RunOptions): Promise<Outcome> {
  const files = findKubeApiserver();
  if ("missing" in files) throw new Error(files.missing);
  const faults: unknown[] = [];
  const [theirs, ours] = await Promise.all([startKubeApiserver(files), startSallyport((error) => faults.push(error))]);
  try {
    await prepare(theirs.client);
    await prepare(ours.client);
    const outcome = await compareAll(theirs, ours, options);
    const own = faults.map((fault): Difference => {
      const text = String((fault as Error).stack ?? fault);
      return {
        name: `fault of our own: ${text.split("\n")[0]}`,
        step: { method: "", path: "" },
        theirs: silence,
        ours: { ...silence, body: text },
      };
    });
    return { ...outcome, differences: [...outcome.differences, ...own] };
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
  }
}

/** The namespace that all objects lie in, with the service account that pods run as. */
async function prepare(client: ApiClient): Promise<void> {
  await client.ask({ method: "POST", path: "/api/v1/namespaces", body: { metadata: { name: "d" } } });
  const body = { metadata: { name: "default" } };
  for (let tries = 0; tries < 20; tries++) {
    const { code } = await client.ask({ method: "POST", path: "/api/v1/namespaces/d/serviceaccounts", body });
    if (code === 201 || code === 409) return;
  }
  throw new Error("the service account of the test namespace could not be made");
}

async function compareAll(theirs: Peer, ours: Peer, { scenarios, progress }: RunOptions): Promise<Outcome> {
  const known: { [reason: string]: number } = {};
  const codes: { [code: string]: number } = {};
  const differences: Difference[] = [];
  let steps = 0;
  let done = 0;
  for (const scenario of scenarios) {
    let isParted = false;
    for (const step of scenario) {
      // What follows from one server's having taken what the other refused is no difference of its own.
      if (isParted && step.method !== "DELETE") continue;
      const [their, our] = await Promise.all([answerOf(theirs, step), answerOf(ours, step)]);
      steps++;
      if (step.method !== "GET" && their.code < 300 && settled.test(step.path))
        await new Promise((done) => setTimeout(done, settleMs));
      codes[their.code] = (codes[their.code] ?? 0) + 1;
      if (isParted) continue;
      isParted = step.method !== "GET" && their.code < 400 !== our.code < 400;
      for (const difference of differencesOf(step, masked(their), masked(our))) {
        const reason = difference.isOrder ? undefined : knownReason(difference);
        if (reason === undefined) differences.push(difference);
        else known[reason] = (known[reason] ?? 0) + 1;
      }
    }
    progress(++done, differences.length);
  }
  return { steps, codes, differences, known };
}

/** No answer is one, too. */
function answerOf({ client }: Peer, step: Step): Promise<Answer> {
  return client.ask(step).catch((error: unknown) => ({ ...silence, body: (error as Error).message }));
}

function differencesOf(step: Step, theirs: Answer, ours: Answer): readonly Difference[] {
  const patch = diffObjects(theirs, ours);
  const parted = patch.length > 0 ? undefined : firstOutOfOrder(theirs.body, ours.body);
  if (patch.length === 0 && parted === undefined) return [];
  const kind = step.path
    .replace(/\?.*$/, "")
    .replace(/^\/apis?(\/[^/]*){0,2}\/(namespaces\/d\/)?/, "")
    .replace(/\/n\w*\d+/, "/n")
    .replace(/\/[\w.]*n\w*\d+[\w.]*$/, "/n");
  const codes = theirs.code === ours.code ? `${theirs.code}` : `${theirs.code} for our ${ours.code}`;
  const isMessage = theirs.code >= 400 || ours.code >= 400;
  const paths = [...new Set(patch.map(({ path }) => path.replace(/\/\d+(?=\/|$)/g, "/*")))];
  const shown = isMessage ? paths.filter((path) => !path.startsWith("/body/details")) : paths;
  const what = parted === undefined ? shown.slice(0, 4).join(" ") : `order of ${parted}`;
  const isOrder = parted !== undefined || paths.every((path) => path === "/writing");
  return [{ name: `${kind} ${step.method} ${codes}: ${what}`, step, theirs, ours, isOrder }];
}

/** Where the same values have their fields in another order; undefined where in none. */
function firstOutOfOrder(theirs: unknown, ours: unknown, path = ""): string | undefined {
  if (typeof theirs !== "object" || theirs === null || typeof ours !== "object" || ours === null) return undefined;
  const [their, our] = [Object.keys(theirs), Object.keys(ours)];
  const found = their.findIndex((name, i) => name !== our[i]);
  if (found >= 0) return `${path || "/"}: ${their.slice(found, found + 3)} for our ${our.slice(found, found + 3)}`;
  return their
    .map((name) => {
      const [left, right] = [theirs, ours].map((each) => (each as { readonly [field: string]: unknown })[name]);
      return firstOutOfOrder(left, right, `${path}/${/^\d+$/.test(name) ? "*" : name}`);
    })
    .find((each) => each !== undefined);
}

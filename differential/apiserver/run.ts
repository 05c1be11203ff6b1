import { diffObjects } from "@sallyport/kube";
import { randomTape, Tape } from "../tape.ts";
import type { Answer, ApiClient } from "./api-client.ts";
import { masked } from "./mask.ts";
import { findKubeApiserver, type Peer, startKubeApiserver, startSallyport } from "./peers.ts";
import { type Step, scenario } from "./scenario.ts";

export interface Difference {
  /** What differs, without names: differences of one cause have one name. */
  readonly name: string;
  readonly step: Step;
  readonly theirs: unknown;
  readonly ours: unknown;
}

export interface Outcome {
  readonly steps: number;
  readonly codes: { readonly [code: string]: number };
  readonly differences: readonly Difference[];
}

export interface RunOptions {
  readonly scenarios: number;
  readonly seed: number;
  /** Only objects of these kinds. */
  readonly kinds: readonly string[] | undefined;
  readonly progress: (done: number, different: number) => void;
}

/** Sends the same random requests to a real kube-apiserver and to ours, and answers what differs. Rejects when there is no peer. */
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
        theirs: "",
        ours: text,
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

async function compareAll(
  theirs: Peer,
  ours: Peer,
  { scenarios, seed, kinds, progress }: RunOptions,
): Promise<Outcome> {
  const codes: { [code: string]: number } = {};
  const differences: Difference[] = [];
  let steps = 0;
  for (let index = 0; index < scenarios; index++) {
    for (const step of scenario(new Tape(randomTape(seed, index)), `n${index}`, kinds)) {
      const [their, our] = await Promise.all([theirs.client.ask(step), ours.client.ask(step)]);
      steps++;
      codes[their.code] = (codes[their.code] ?? 0) + 1;
      differences.push(...differencesOf(step, masked(their), masked(our)));
    }
    progress(index + 1, differences.length);
  }
  return { steps, codes, differences };
}

function differencesOf(step: Step, theirs: Answer, ours: Answer): readonly Difference[] {
  const patch = diffObjects(theirs, ours);
  if (patch.length === 0) return [];
  const kind = /\/([^/?]+)(?:\/n\d+)?(?:\?.*)?$/.exec(step.path)?.[1] ?? "";
  const isMessage = theirs.code >= 400 || ours.code >= 400;
  const paths = isMessage ? ["message"] : [...new Set(patch.map(({ path }) => path.replace(/\/\d+(?=\/|$)/g, "/*")))];
  const codes = theirs.code === ours.code ? `${theirs.code}` : `${theirs.code} for our ${ours.code}`;
  return [{ name: `${kind} ${step.method} ${codes}: ${paths.slice(0, 4).join(" ")}`, step, theirs, ours }];
}

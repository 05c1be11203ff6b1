import { diffObjects } from "@sallyport/kube";
import { type Answer, valueAt } from "../apiserver/api-client.ts";
import { masked } from "../apiserver/mask.ts";
import type { Peer } from "../apiserver/peers.ts";
import type { Step } from "../apiserver/scenario.ts";

/** A step whose answer is asked for again until it has the code, and what a JSON pointer names: each server has its own pace. */
export interface WaitingStep extends Step {
  /** The part of the body that is compared, as a JSON pointer; the whole of it, and the headers, when absent. */
  readonly only?: string;
  /** How long it is waited for; a few seconds when absent. */
  readonly patienceMs?: number;
  readonly until?: { readonly code?: number; readonly at?: string; readonly is?: unknown };
}

/** Requests that belong together, in their order. */
export interface Scenario {
  readonly name: string;
  readonly steps: readonly WaitingStep[];
}

export interface ScenarioDifference {
  readonly scenario: string;
  readonly step: WaitingStep;
  readonly theirs: Answer;
  readonly ours: Answer;
  /** JSON pointers into the answers. */
  readonly paths: readonly string[];
}

/** How long a server may take to come where a step waits for it. */
const patienceMs = 8_000;
const pauseMs = 100;

/** Sends the same requests to both, one after the other, and tells which answers differ. */
export async function compareScenarios(
  theirs: Peer,
  ours: Peer,
  scenarios: readonly Scenario[],
): Promise<{ readonly requests: number; readonly differences: readonly ScenarioDifference[] }> {
  const differences: ScenarioDifference[] = [];
  let requests = 0;
  for (const { name, steps } of scenarios) {
    const [theirFlows, ourFlows] = await Promise.all([flowNames(theirs), flowNames(ours)]);
    for (const step of steps) {
      const [their, our] = await Promise.all([answerOf(theirs, step), answerOf(ours, step)]);
      requests++;
      const [left, right] = [partOf(their, step, theirFlows), partOf(our, step, ourFlows)];
      const paths = diffObjects(left, right).map(({ path }) => path);
      if (paths.length > 0) differences.push({ scenario: name, step, theirs: left, ours: right, paths });
    }
  }
  return { requests, differences };
}

/** The names of the schemas and levels of priority and fairness, by uid. */
async function flowNames({ client }: Peer): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const resource of ["flowschemas", "prioritylevelconfigurations"]) {
    const { body } = await client.ask({ method: "GET", path: `/apis/flowcontrol.apiserver.k8s.io/v1/${resource}` });
    const { items = [] } = body as { readonly items?: readonly { readonly metadata: { uid: string; name: string } }[] };
    for (const { metadata } of items) names.set(metadata.uid, metadata.name);
  }
  return names;
}

function partOf(answer: Answer, { only }: WaitingStep, flows: ReadonlyMap<string, string>): Answer {
  const shown = masked(answer);
  if (only !== undefined) return { ...shown, headers: {}, body: valueAt(shown.body, only) };
  const named = Object.entries(answer.headers)
    .filter(([name]) => name.startsWith("x-kubernetes-pf-"))
    .map(([name, uid]) => [name, flows.get(uid) ?? "(unknown)"]);
  return { ...shown, headers: { ...shown.headers, ...Object.fromEntries(named) } };
}

async function answerOf({ client }: Peer, step: WaitingStep): Promise<Answer> {
  const deadline = Date.now() + (step.patienceMs ?? patienceMs);
  for (;;) {
    const answer = await client
      .ask(step)
      .catch((error: unknown): Answer => ({ code: 0, headers: {}, warnings: [], body: (error as Error).message }));
    if (isThere(answer, step) || Date.now() > deadline) return answer;
    await new Promise((done) => setTimeout(done, pauseMs));
  }
}

function isThere({ code, body }: Answer, { until }: WaitingStep): boolean {
  if (until === undefined) return true;
  if (code !== (until.code ?? 200)) return false;
  if (until.at === undefined) return true;
  const value = valueAt(body, until.at);
  return until.is === undefined ? value !== undefined : value === until.is;
}

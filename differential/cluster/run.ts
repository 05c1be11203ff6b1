import { setTimeout as sleep } from "node:timers/promises";
import { diffObjects, findKind, type KubeObject, parseApiVersion } from "@sallyport/kube";
import { checkManifests } from "../../packages/cli/src/check/checker.ts";
import type { Answer } from "../apiserver/api-client.ts";
import { masked } from "../apiserver/mask.ts";
import type { Peer } from "../apiserver/peers.ts";
import type { Step } from "../apiserver/scenario.ts";
import type { ClusterCase } from "./case.ts";
import { administrator, type Cluster, chain } from "./doors.ts";
import { constraintGroup } from "./library-cases.ts";

/** What one door says of an object. */
interface Verdict {
  /** Undefined where it is allowed. */
  readonly refusal: string | undefined;
  readonly warnings: readonly string[];
}

export interface ClusterCounts {
  readonly cases: number;
  /** By the real kube-apiserver; of these by our webhook behind it. */
  readonly refused: number;
  readonly byWebhook: number;
  /** Also asked offline. */
  readonly checked: number;
  /** Cases whose suite says what is to come of them, and those for which it came. */
  readonly expected: number;
  readonly asExpected: number;
  /** Cases for which kube-apiserver took too long: by name. */
  readonly unanswered: readonly string[];
  /** Those for which something could not be made, on neither server: by name, and why. */
  readonly broken: readonly string[];
  readonly different: readonly string[];
}

/** A real kube-apiserver looks for new policies once a second, and compiles them; for kinds of parameters every 30 seconds. */
const [settleMs, maxUnknownMs] = [8000, 60_000];

const none = { cases: 0, refused: 0, byWebhook: 0, checked: 0, expected: 0, asExpected: 0 };

/** The same objects to a real kube-apiserver with our webhook behind it, to what `up` serves, and to `check`: one answer. */
export async function compareDoors(
  cluster: Cluster,
  up: Peer,
  cases: readonly ClusterCase[],
  progress: (done: number, different: readonly string[]) => void = () => {},
): Promise<ClusterCounts> {
  const different: string[] = [];
  const broken = await found(cluster, up, cases, different);
  progress(0, different);
  if (different.length > 0) return { ...none, unanswered: [], broken: [], different };
  await untilParametersAreKnown(cluster);
  await cluster.putWebhookBehind();
  const counts = { ...none };
  const unanswered: string[] = [];
  for (const each of cases.filter((one) => !broken.has(one))) {
    const step = stepOf(each, pathsOf(each));
    const [theirs, ours] = await Promise.all([cluster.client.ask(step).catch(() => undefined), up.client.ask(step)]);
    if (theirs === undefined) {
      unanswered.push(each.name);
      continue;
    }
    counts.cases++;
    if (theirs.code >= 400) counts.refused++;
    if (webhookDenied.test(messageOf(theirs) ?? "")) counts.byWebhook++;
    different.push(...differencesOfServers(each, theirs, ours));
    // What is there already no file knows.
    const offline = each.isUpdate === true || theirs.code === 409 ? undefined : await checked(each);
    if (offline !== undefined) {
      counts.checked++;
      different.push(...differencesOf(each, "check", verdictOf(ours), offline));
    }
    if (each.isRefused !== undefined && !isInvalid(theirs)) {
      counts.expected++;
      if (each.isRefused === theirs.code >= 400) counts.asExpected++;
      else different.push(`DIFFERENT from its suite: ${each.name}: ${theirs.code} ${messageOf(theirs)}`);
    }
    if (counts.cases % 200 === 0) progress(counts.cases, different);
  }
  return { ...counts, unanswered, broken: [...broken].map(([{ name }, why]) => `${name}: ${why}`), different };
}

async function untilParametersAreKnown({ client }: Peer): Promise<void> {
  await sleep(settleMs);
  const body = { metadata: { name: "probe" } };
  for (const deadline = Date.now() + maxUnknownMs; Date.now() < deadline; await sleep(1000)) {
    const answer = await client.ask({ method: "POST", path: "/api/v1/namespaces?dryRun=All", body });
    if (!messageOf(answer)?.includes("failed to find resource")) return;
  }
}

/** Refused before any policy was asked. */
function isInvalid({ code, body }: Answer): boolean {
  return code >= 400 && (body as { readonly reason?: string }).reason !== "Forbidden";
}

const ofPolicies: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: "opa" } };

/** Of the kinds that cases define. */
const customGroup = `/apis/${constraintGroup}/`;

/** Makes on both what the cases need; answers those that lack something. */
async function found(
  cluster: Peer,
  up: Peer,
  cases: readonly ClusterCase[],
  different: string[],
): Promise<ReadonlyMap<ClusterCase, string>> {
  const made = new Map<string, string | undefined>();
  const broken = new Map<ClusterCase, string>();
  const all = cases.flatMap((each) => [ofPolicies, ...each.before].map((object) => ({ each, object })));
  const isBinding = ({ kind }: KubeObject) => kind.endsWith("PolicyBinding");
  // Policies are in force when all that they need, and all that they must not decide about, is there.
  for (const wanted of [false, true])
    for (const { each, object } of all) {
      if (isBinding(object) !== wanted) continue;
      const path = pathsOf(each)(object);
      const key = `${path}/${object.metadata.name}`;
      const step = { method: "POST", path, body: object };
      if (!made.has(key)) made.set(key, await make(step, each.name, path.includes(customGroup) ? 50 : 0));
      const fault = made.get(key);
      if (fault !== undefined) broken.set(each, `${key}: ${fault}`);
    }
  return broken;

  /** A kind that was just defined is served a moment later. */
  async function make(step: Step, name: string, maxTries: number): Promise<string | undefined> {
    for (let tries = 0; ; tries++) {
      const [theirs, ours] = await Promise.all([cluster.client.ask(step), up.client.ask(step)]);
      if (tries < maxTries && [theirs, ours].some(({ code }) => code === 404)) {
        await sleep(100);
        continue;
      }
      if (theirs.code !== ours.code && ![theirs, ours].every(({ code }) => code === 201 || code === 409))
        different.push(`DIFFERENT before ${name}: ${step.path}: ${JSON.stringify([theirs.body, ours.body])}`);
      return theirs.code < 300 || theirs.code === 409 ? undefined : messageOf(theirs);
    }
  }
}

/** Where an object is made: built in, or of a kind that one of the case's definitions brings. */
function pathsOf({ before }: ClusterCase): (object: KubeObject) => string {
  return ({ apiVersion, kind, metadata: { namespace } }) => {
    const { group, version } = parseApiVersion(apiVersion);
    const definition = before.find(
      (each) =>
        each.kind === "CustomResourceDefinition" &&
        (each["spec"] as { readonly names: { readonly kind: string } }).names.kind === kind,
    );
    const { plural } = (definition?.["spec"] as { names: { plural: string } } | undefined)?.names ?? {};
    const info = findKind(group, version, kind);
    const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const isNamespaced = info?.namespaced === true;
    return `${root}${isNamespaced ? `/namespaces/${namespace}` : ""}/${plural ?? info?.resource ?? "unknown"}`;
  };
}

/** Nothing is stored: cases stay alone. */
function stepOf({ object, isUpdate }: ClusterCase, pathOf: (object: KubeObject) => string): Step {
  const path = pathOf(object);
  const query = "?dryRun=All&fieldValidation=Strict";
  if (isUpdate !== true) return { method: "POST", path: `${path}${query}`, body: object };
  const { annotations } = object.metadata;
  const type = "application/merge-patch+json";
  return {
    method: "PATCH",
    type,
    path: `${path}/${object.metadata.name}${query}`,
    body: { metadata: { annotations } },
  };
}

async function checked({ before, object }: ClusterCase): Promise<Verdict | undefined> {
  const manifests = [ofPolicies, ...before, object].map((value, line) => ({ file: "f", line, value }));
  const options = { policies: [], chain, user: administrator, namespace: "default" };
  const { results } = await checkManifests(manifests, options);
  const fault = results.slice(0, -1).find(({ verdict }) => verdict !== "allowed");
  if (fault !== undefined) return { refusal: `before: ${fault.kind} ${fault.name}: ${fault.message}`, warnings: [] };
  const { message, warnings } = results.at(-1) as (typeof results)[number];
  return { refusal: message, warnings };
}

const webhookDenied = /^admission webhook "(?:mutating|validating)\.sallyport\.sallyport\.dev" denied the request: /;

function messageOf({ code, body }: Answer): string | undefined {
  return code < 400 ? undefined : String((body as { readonly message?: string }).message);
}

function verdictOf(answer: Answer): Verdict {
  const warnings = answer.warnings.map((each) => JSON.parse(each.replace(/^299 - /, "")) as string);
  return { refusal: messageOf(answer), warnings };
}

/**
 * The whole answers, but for who says it: kube-apiserver puts its words before a webhook's, and we the object's name where it is a policy
 * of our own.
 */
function differencesOfServers(each: ClusterCase, theirs: Answer, ours: Answer): readonly string[] {
  const their = messageOf(theirs);
  if (their !== undefined && webhookDenied.test(their)) {
    const said = { refusal: their.replace(webhookDenied, ""), warnings: verdictOf(theirs).warnings };
    const our = verdictOf(ours);
    const refusal = our.refusal?.replace(/^[\w.]+ "[^"]*" is forbidden: /, "");
    return differencesOf(each, "up", said, { ...our, refusal });
  }
  const [a, b] = [theirs, ours].map((answer) => ({ ...masked(answer), headers: {} }));
  const patch = diffObjects(a, b);
  if (patch.length === 0) return [];
  const told = (answer: Answer) => cut(JSON.stringify({ code: answer.code, ...verdictOf(answer) }));
  return [
    `DIFFERENT up: ${each.name}\n  kube-apiserver: ${told(theirs)}\n  sallyport:      ${told(ours)}\n  ${cut(JSON.stringify(patch))}`,
  ];
}

function differencesOf({ name }: ClusterCase, door: string, theirs: Verdict, ours: Verdict): readonly string[] {
  if (diffObjects(sorted(theirs), sorted(ours)).length === 0) return [];
  return [`DIFFERENT ${door}: ${name}\n  ${cut(JSON.stringify(theirs))}\n  ${cut(JSON.stringify(ours))}`];
}

function sorted({ refusal = null, warnings }: Verdict | { refusal: null; warnings: readonly string[] }): object {
  return { refusal, warnings: warnings.toSorted() };
}

/** Longer ones are cut: the first lines say what is wrong. */
const maxLength = 1000;

function cut(text: string): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

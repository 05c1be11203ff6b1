import { setTimeout as sleep } from "node:timers/promises";
import { diffObjects } from "@sallyport/kube";
import { createCa } from "@sallyport/pki";
import type { Answer } from "../apiserver/api-client.ts";
import { masked } from "../apiserver/mask.ts";
import type { Step } from "../apiserver/scenario.ts";
import { randomTape, Tape } from "../tape.ts";
import { type Call, type HookServer, hookCertificate, startHookServer } from "./hook-server.ts";
import type { AuditedPeer } from "./peers.ts";
import { foundationOf, thingDefinition } from "./requests.ts";
import { type Any, type Scenario, scenario } from "./scenario.ts";

/** A request that came to different ends. */
export interface WebhookDifference {
  readonly scenario: Scenario;
  readonly step: Step;
  /** The answer, the calls and the audit annotations of each side. */
  readonly theirs: Seen;
  readonly ours: Seen;
}

export interface Seen {
  readonly answer: Answer;
  readonly calls: readonly Call[];
  readonly annotations: unknown;
}

export interface WebhookCounts {
  readonly scenarios: number;
  readonly requests: number;
  readonly refused: number;
  readonly calls: number;
  readonly differences: readonly WebhookDifference[];
}

/** Configurations that lie on the servers side by side: each request is matched against all of them. */
const batchSize = 25;

/** A real kube-apiserver hears of a configuration, and of a new kind, within this. */
const settleMs = 1500;

/** The same random webhooks and requests to both servers, in front of webhook servers that behave alike. */
export async function compareWebhooks(
  theirs: AuditedPeer,
  ours: AuditedPeer,
  { scenarios, seed, from = 0 }: { readonly scenarios: number; readonly seed: number; readonly from?: number },
  progress: (done: number, different: number) => void = () => {},
): Promise<WebhookCounts> {
  const { leaf, ca } = await hookCertificate();
  const otherCa = (await createCa("CN=others", { now: Date.now(), days: 2 })).certificate;
  const sides = [
    { peer: theirs, hooks: await startHookServer(leaf, ca), otherCa },
    { peer: ours, hooks: await startHookServer(leaf, ca), otherCa },
  ] as const;
  const counts = { scenarios, requests: 0, refused: 0, calls: 0 };
  const differences: WebhookDifference[] = [];
  try {
    await both(sides, { method: "POST", path: definitions, body: thingDefinition });
    await both(sides, { method: "POST", path: "/api/v1/namespaces/default/services", body: outside });
    await sleep(settleMs);
    for (let start = from; start < from + scenarios; start += batchSize) {
      const count = Math.min(batchSize, from + scenarios - start);
      const batch = Array.from({ length: count }, (_, i) =>
        scenario(new Tape(randomTape(seed, start + i)), `s${start + i}`),
      );
      for (const each of batch) for (const step of foundationOf(each.name)) await both(sides, step);
      for (const each of batch) await install(sides, each);
      await sleep(settleMs);
      for (const each of batch)
        for (const step of each.requests) {
          const [their, our] = await Promise.all(sides.map((side) => ask(side, step)));
          if (their === undefined || our === undefined) throw new Error("unreachable");
          counts.requests++;
          counts.calls += their.calls.length;
          if (their.answer.code >= 400) counts.refused++;
          differences.push(...(isSame(their, our) ? [] : [{ scenario: each, step, theirs: their, ours: our }]));
        }
      for (const each of batch) await uninstall(sides, each);
      progress(start - from + count, differences.length);
    }
  } finally {
    for (const { hooks } of sides) hooks.close();
  }
  return { ...counts, differences };
}

interface Side {
  readonly peer: AuditedPeer;
  readonly hooks: HookServer;
  readonly otherCa: string;
}

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const outside = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "outside" },
  spec: { type: "ExternalName", externalName: "127.0.0.1.invalid" },
};

function both(sides: readonly Side[], step: Step): Promise<unknown> {
  return Promise.all(sides.map(({ peer }) => peer.client.ask(step)));
}

const collectionOf = (kind: string) => `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`;

async function install(sides: readonly Side[], { configurations, behaviours, name }: Scenario): Promise<void> {
  for (const { peer, hooks, otherCa } of sides) {
    for (const { path, behaviour } of behaviours) hooks.behave(path, behaviour);
    for (const { kind, object } of configurations) {
      const bundle = (pem: string) => Buffer.from(pem).toString("base64");
      const text = JSON.stringify(object)
        .replaceAll("(hooks)", hooks.url)
        .replaceAll("(ca)", bundle(hooks.ca))
        .replaceAll("(otherCa)", bundle(otherCa));
      const answer = await peer.client.ask({
        method: "POST",
        path: collectionOf(kind),
        body: JSON.parse(text) as object,
      });
      if (answer.code !== 201) throw new Error(`${name}: ${JSON.stringify(answer.body)}`);
    }
  }
}

async function uninstall(sides: readonly Side[], { configurations }: Scenario): Promise<void> {
  for (const { kind, object } of configurations)
    await both(sides, { method: "DELETE", path: `${collectionOf(kind)}/${object.metadata.name}` });
}

async function ask({ peer, hooks }: Side, step: Step): Promise<Seen> {
  hooks.take();
  const answer = await peer.client.ask(step);
  const port = new URL(hooks.url).port;
  const told = <Value>(value: Value): Value =>
    JSON.parse(
      JSON.stringify(value)
        .replaceAll(`:${port}`, ":(port)")
        .replace(/127\.0\.0\.1:\d{4,5}->/g, "127.0.0.1:(own)->")
        // Which resolver was asked, only Go tells.
        .replace(/ on \d+\.\d+\.\d+\.\d+:53(?=: no such host)/g, "")
        .replace(/\bgen-[a-z0-9]{5}\b/g, "gen-(own)")
        .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, "(token)"),
    );
  const id = step.headers?.["audit-id"];
  const event = await eventOf(peer, id);
  return told({
    answer: { ...masked(answer), headers: {} },
    calls: hooks.take().map(shown).sort(byPhase),
    annotations: masked({ ...answer, body: timeless(event?.["annotations"] ?? {}) }).body,
  });
}

/** kube-apiserver says how long its parts took, where a request took long. */
function timeless(annotations: { readonly [key: string]: string }): object {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !key.startsWith("apiserver.latency")));
}

/** It is written a moment after the answer. */
async function eventOf({ events }: AuditedPeer, id: string | undefined): Promise<Any> {
  for (let tries = 0; tries < 20; tries++) {
    const found = events().findLast((event) => event["auditID"] === id);
    if (found !== undefined) return found;
    await sleep(25);
  }
  return undefined;
}

function shown({ path, headers, body }: Call): Call {
  return { path, headers, body: masked({ code: 0, headers: {}, warnings: [], body }).body };
}

/** Mutating webhooks are called in their order, validating ones all at once. */
function byPhase(a: Call, b: Call): number {
  const phase = ({ path }: Call) => (path.includes("/v") ? path : "");
  return phase(a) < phase(b) ? -1 : phase(a) > phase(b) ? 1 : 0;
}

function isSame(theirs: Seen, ours: Seen): boolean {
  return diffObjects(theirs, ours).length === 0;
}

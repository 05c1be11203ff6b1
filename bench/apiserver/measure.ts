import type { Access } from "../client.ts";
import { median, quantile } from "../client.ts";
import type { Figures } from "./figures.ts";
import { Lane } from "./lane.ts";
import { measureFanOut } from "./watchers.ts";

const lanes = 64;
const creates = 5000;
/** Of so many rounds the median counts: a machine that does other work is half as fast in some. */
const rounds = 5;
/** After fewer, V8 still compiles what creates need while they are measured: rates rise until then, and no more after. */
const warmCreates = 10_000;
const pods = 10_000;
/** So long after it is ready, what a server takes is no longer that of its start. */
const settleMs = 3000;
const maps = "/api/v1/namespaces/default/configmaps";

/** A server that answers, and what the system tells of its processes. */
export interface Measured {
  readonly access: Access;
  readonly readyMs: number;
  /** Resident, MB. */
  readonly rssMb: () => number;
  /** Used of processors since the start, ms. */
  readonly cpuMs: () => number;
}

/** Everything that is measured over HTTPS. */
export async function measureServer(
  { access, readyMs, rssMb: memory, cpuMs }: Measured,
  progress: (text: string) => void,
): Promise<Figures> {
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const rssMb = memory();
  const open = await Promise.all(Array.from({ length: lanes }, () => Lane.open(access)));
  try {
    const lane = open[0] as Lane;
    await untilDefault(lane);
    progress("  10,000 pods");
    await createNamespaces(lane);
    const created = await timed(open, pods, (i) => lane.request("POST", podsOf(i), pod(i)));
    const rssMbWith10kPods = memory();
    const list10kPodsMs = await medianOf(5, lane, "/api/v1/pods");
    const listNamespaceMs = await medianOf(50, lane, "/api/v1/namespaces/bench-7/pods");
    progress("  creates, 1 and 64 at a time");
    await timed(open, warmCreates, (i) => lane.request("POST", maps, configMap(`warm-${i}`)));
    const one = await timed([lane], 300, (i) => lane.request("POST", maps, configMap(`one-${i}`)));
    const before = cpuMs();
    const beforeClient = process.cpuUsage();
    const many = await timedRounds((round) =>
      timed(open, creates, (i) => lane.request("POST", maps, configMap(`many-${round * creates + i}`))),
    );
    const createCpuMs = (cpuMs() - before) / (rounds * creates);
    const clientCpuMs = ownCpuMs(beforeClient) / (rounds * creates);
    progress("  gets and lists");
    const gets = await timed(open, creates, (i) => lane.request("GET", `${maps}/many-${i}`));
    const lists = await timed(open.slice(0, 4), 100, () => lane.request("GET", `${maps}?limit=500`));
    progress("  100 watchers");
    const fanOut = await measureFanOut(access, lane);
    return {
      readyMs,
      rssMb,
      rssMbWith10kPods,
      createsPerSecond1: one.perSecond,
      createsPerSecond64: many.perSecond,
      createP50Ms: many.p50Ms,
      createP99Ms: many.p99Ms,
      createCpuMs,
      clientCpuMs,
      podCreatesPerSecond64: created.perSecond,
      getsPerSecond64: gets.perSecond,
      getP50Ms: gets.p50Ms,
      getP99Ms: gets.p99Ms,
      listsPerSecond: lists.perSecond,
      list10kPodsMs,
      listNamespaceMs,
      ...fanOut,
    };
  } finally {
    for (const lane of open) lane.close();
  }
}

interface Timing {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function timedRounds(measure: (round: number) => Promise<Timing>): Promise<Timing> {
  const timings: Timing[] = [];
  for (let round = 0; round < rounds; round++) timings.push(await measure(round));
  return timings.toSorted((a, b) => a.perSecond - b.perSecond)[(rounds - 1) / 2] as Timing;
}

/** `count` requests over all lanes, which are made before. Any answer but 2xx is a fault of the measurement. */
async function timed(open: readonly Lane[], count: number, request: (index: number) => Buffer): Promise<Timing> {
  const requests = Array.from({ length: count }, (_, i) => request(i));
  const times: number[] = [];
  let next = 0;
  const start = performance.now();
  const run = async (lane: Lane) => {
    for (let i = next++; i < count; i = next++) {
      const begun = performance.now();
      const { code } = await lane.send(requests[i] as Buffer);
      if (code < 200 || code > 299) throw new Error(`call ${i} was answered ${code}`);
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(open.map(run));
  const perSecond = count / ((performance.now() - start) / 1000);
  return { perSecond, p50Ms: median(times), p99Ms: quantile(times, 0.99) };
}

/** What this process has used of processors since, ms. */
function ownCpuMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function medianOf(rounds: number, lane: Lane, path: string): Promise<number> {
  const request = lane.request("GET", path);
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await lane.send(request);
    times.push(performance.now() - start);
  }
  return median(times);
}

/** The namespace `default` is made by a controller of its own in kube-apiserver, a moment after it is ready. */
async function untilDefault(lane: Lane): Promise<void> {
  const request = lane.request("GET", "/api/v1/namespaces/default");
  for (let i = 0; i < 200 && (await lane.send(request)).code !== 200; i++)
    await new Promise((resolve) => setTimeout(resolve, 50));
}

/** A thousand pods lie in each of ten namespaces but the last, and ten in `bench-7`, so that its list is a short one of many. */
async function createNamespaces(lane: Lane): Promise<void> {
  for (let i = 0; i < 10; i++) {
    const body = JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: `bench-${i}` } });
    await lane.send(lane.request("POST", "/api/v1/namespaces", body));
  }
  const account = lane.request("GET", "/api/v1/namespaces/bench-9/serviceaccounts/default");
  const isReady = async () => (await lane.send(account)).code === 200;
  // Without a controller-manager kube-apiserver makes no accounts; its plugin that asks for them is off then.
  for (let tries = 0; tries < 20 && !(await isReady()); tries++) await new Promise((done) => setTimeout(done, 50));
}

function podsOf(index: number): string {
  return `/api/v1/namespaces/bench-${index % 1000 === 7 ? 7 : [0, 1, 2, 3, 4, 5, 6, 8, 9][index % 9]}/pods`;
}

function configMap(name: string): string {
  return JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { key: "x".repeat(1000) } });
}

/** A pod as a Deployment makes it: two containers with limits, probes and mounts. */
function pod(index: number): string {
  const container = (name: string) => ({
    name,
    image: `registry.example.com/${name}:1.2.3`,
    env: [{ name: "MODE", value: "production" }],
    ports: [{ name: "http", containerPort: 8080 }],
    resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "128Mi" } },
    readinessProbe: { httpGet: { path: "/ready", port: "http" } },
    volumeMounts: [{ name: "config", mountPath: "/etc/config", readOnly: true }],
  });
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `pod-${index}`, labels: { app: `app-${index % 50}`, tier: "web" } },
    spec: {
      containers: [container("web"), container("proxy")],
      volumes: [{ name: "config", configMap: { name: "config" } }],
    },
  });
}

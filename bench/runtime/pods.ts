import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "../../packages/cluster/src/client.ts";
import { tagOf } from "../../packages/node/src/sandbox/pod-network.ts";
import { builtArguments } from "../../scripts/node-arguments.ts";
import { accessFrom } from "../client.ts";
import { familyOf, memoryMb } from "./processes.ts";

export interface PodFigures {
  readonly handler: string;
  /** From the first create until the last is ready, all asked for at once. */
  readonly podsPerMinute: number;
  /** Of the server, the runtime's processes and the pods' own, with them less without. */
  readonly mbPerPod: number;
  /** From the node to a pod, each over a connection of its own. */
  readonly requestsPerSecond: number;
  /** Answers that did not come whole. */
  readonly dropped: number;
  /** Of one large answer of a pod. */
  readonly mbPerSecond: number;
}

const [requests, largeMb] = [300, 64];
/** Virtual machines on an imitated processor are begun for minutes. */
const counts = (handler: string) => (handler === "kata" ? 3 : 20);
const [port, patienceMs] = [8080, 180_000];
const pods = "/api/v1/namespaces/default/pods";

interface Pod {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Pods of each handler on a node of `sallyport up`. Needs root. */
export async function measurePods(
  handlers: readonly string[],
  progress: (text: string) => void,
): Promise<readonly PodFigures[]> {
  const data = realpathSync(mkdtempSync(join(tmpdir(), "sallyport-pods-bench-")));
  const server = spawn(process.execPath, [...builtArguments, "up", "--port", "0", "--data", data, "--node", "bench"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await untilSaid(server, "pods run here");
    const { url, ca, cert, key } = accessFrom(readFileSync(join(data, "kubeconfig"), "utf8"));
    const client = new Client({ url, ca, cert, key });
    const words = [data, `sallyport-${tagOf(join(data, "node"))}`];
    const memory = () => memoryMb(familyOf(server.pid as number, words));
    const found: PodFigures[] = [];
    for (const handler of handlers) {
      progress(`${counts(handler)} pods of ${handler}`);
      found.push(await figuresOf(handler, client, memory));
    }
    client.close();
    return found;
  } finally {
    server.kill("SIGTERM");
    if (server.exitCode === null) await once(server, "exit");
    rmSync(data, { recursive: true, force: true });
  }
}

async function figuresOf(handler: string, client: Client, memory: () => number): Promise<PodFigures> {
  const node = { apiVersion: "node.k8s.io/v1", kind: "RuntimeClass", metadata: { name: handler }, handler };
  await client.ask("/apis/node.k8s.io/v1/runtimeclasses", { method: "POST", body: node });
  const count = counts(handler);
  const web = await served(handler, client);
  const before = memory();
  const start = performance.now();
  for (let i = 0; i < count; i++) await create(client, handler, `p${i}`, "exec sleep 1000");
  await untilReady(client, count + 1);
  const minutes = (performance.now() - start) / 60_000;
  const mbPerPod = (memory() - before) / count;
  await client.ask(pods, { method: "DELETE" });
  for (const end = performance.now() + patienceMs; (await list(client)).length > 0; await delay(100))
    if (performance.now() > end) throw new Error(`pods of ${handler} do not go`);
  return { handler, podsPerMinute: count / minutes, mbPerPod, ...web };
}

/** What a pod answers over its network; it stays. */
async function served(handler: string, client: Client) {
  const large = `dd if=/dev/zero of=/srv/large bs=1M count=${largeMb} 2>/dev/null`;
  await create(
    client,
    handler,
    "web",
    `mkdir -p /srv; ${large}; echo x > /srv/small; exec httpd -f -p ${port} -h /srv`,
  );
  const [pod] = await untilReady(client, 1);
  const ask = (path: string) => answerOf(`http://${pod?.status.podIP}:${port}/${path}`);
  // Ready is a container that runs; what it serves comes a little later.
  for (let tries = 0; !(await ask("small")).isWhole; tries++)
    if (tries > 600) throw new Error(`a pod of ${handler} does not answer`);
    else await delay(100);
  const start = performance.now();
  let dropped = 0;
  for (let i = 0; i < requests; i++) if (!(await ask("small")).isWhole) dropped++;
  const middle = performance.now();
  const { bytes, isWhole } = await ask("large");
  const seconds = (performance.now() - middle) / 1000;
  return {
    requestsPerSecond: (requests - dropped) / ((middle - start) / 1000),
    dropped: isWhole ? dropped : dropped + 1,
    mbPerSecond: bytes / 1024 / 1024 / seconds,
  };
}

async function create(client: Client, handler: string, name: string, script: string): Promise<void> {
  const container = { name: "c", image: "sallyport.dev/tools", command: ["sh", "-c", script] };
  const spec = { runtimeClassName: handler, terminationGracePeriodSeconds: 0, containers: [container] };
  await client.ask(pods, { method: "POST", body: { apiVersion: "v1", kind: "Pod", metadata: { name }, spec } });
}

async function list(client: Client): Promise<readonly Pod[]> {
  return ((await client.ask(pods)) as { readonly items: readonly Pod[] }).items;
}

async function untilReady(client: Client, wanted: number): Promise<readonly Pod[]> {
  for (const end = performance.now() + patienceMs; ; await delay(50)) {
    const ready = (await list(client)).filter(({ status }) =>
      status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
    if (ready.length >= wanted) return ready;
    if (performance.now() > end) throw new Error(`${ready.length} of ${wanted} pods are ready`);
  }
}

/** How much of an answer came, and whether that was all: gVisor resets some connections that end. */
function answerOf(url: string): Promise<{ readonly bytes: number; readonly isWhole: boolean }> {
  return new Promise((resolve) => {
    let bytes = 0;
    const cut = () => resolve({ bytes, isWhole: false });
    const asked = get(url, { agent: false }, (incoming) => {
      incoming.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      incoming.on("end", () => resolve({ bytes, isWhole: incoming.complete }));
      incoming.on("error", cut);
    });
    asked.on("error", cut);
  });
}

function untilSaid(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (said: Buffer) => {
      if (said.includes(text)) resolve();
    });
    child.once("exit", (code) => reject(new Error(`sallyport up ended with status ${code}`)));
  });
}

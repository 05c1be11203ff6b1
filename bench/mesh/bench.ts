import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "../../scripts/free-port.ts";
import { median } from "../client.ts";
import { writeCertificates } from "./certificates.ts";
import { type Product, products } from "./products.ts";
import { type Seen, type Workload, workloads } from "./workload.ts";

/** Medians of the rounds. A core second is one of the processor time of both proxies together. */
export interface MeshFigures {
  readonly name: string;
  readonly version: string;
  readonly requestsPerCoreSecond: number;
  readonly requestsPerSecond: number;
  readonly connectionsPerCoreSecond: number;
  readonly connectionsPerSecond: number;
  readonly megabytesPerCoreSecond: number;
  readonly megabytesPerSecond: number;
  /** Milliseconds of one request at a time that both proxies add to what the application takes without them. */
  readonly addedP50: number;
  readonly addedP99: number;
  /** Of each proxy after all that, the larger of both. */
  readonly rssMb: number;
}

/** Ours over the peer's, by core seconds: above 1 means that ours needs less of a processor. */
export interface MeshRatios {
  readonly keepalive: number;
  readonly newconn: number;
  readonly bulk: number;
}

export interface MeshReport {
  readonly ratios: { readonly [peer: string]: MeshRatios };
  readonly figures: readonly MeshFigures[];
  readonly skipped: readonly string[];
}

const rounds = Number(process.env["SALLYPORT_BENCH_ROUNDS"] ?? 5);
const roundMs = 2000;
const run1 = promisify(execFile);

/** Two hops of mutual TLS in front of an application, one thread for each: ours, haproxy's and nginx's, in turns. */
export async function run(progress: (text: string) => void, chosen = products()): Promise<MeshReport> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-mesh-bench-"));
  const running: Running[] = [];
  const backendPort = await freePort();
  const backend = start([
    process.execPath,
    ...sourceFlags,
    join(import.meta.dirname, "backend-program.ts"),
    `${backendPort}`,
  ]);
  try {
    writeCertificates(folder);
    await untilOpen(backendPort);
    const { found, skipped } = chosen;
    for (const product of found) running.push(await startPair(product, folder, backendPort));
    const direct: Seen[] = [];
    const perPair = new Map<Running, Measured[]>(running.map((each) => [each, []]));
    for (let round = 0; round <= rounds; round++)
      for (const workload of workloads) {
        if (workload === "latency") direct.push(await load(workload, backendPort));
        for (const pair of running) {
          progress(`round ${round} of ${rounds}: ${workload}, ${pair.product.name}`);
          const measured = await measure(pair, workload);
          // The first round warms up.
          if (round > 0) perPair.get(pair)?.push(measured);
        }
      }
    const figures = running.map((pair) => figuresOf(pair, perPair.get(pair) ?? [], direct));
    return { ratios: ratiosOf(figures), figures, skipped };
  } finally {
    for (const { client, server } of running) for (const child of [client, server]) child.kill();
    backend.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Running {
  readonly product: Product;
  readonly client: ChildProcess;
  readonly server: ChildProcess;
  readonly port: number;
}

interface Measured extends Seen {
  readonly workload: Workload;
  readonly coreSeconds: number;
}

const sourceFlags = ["--conditions=source", "--disable-warning=ExperimentalWarning"];

function start([program = "", ...args]: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}

async function startPair(product: Product, folder: string, backend: number): Promise<Running> {
  const hops = { client: await freePort(), server: await freePort(), backend };
  const commands = product.commands(folder, hops);
  const [client, server] = [start(commands.client), start(commands.server)];
  for (const port of [hops.server, hops.client]) await untilOpen(port);
  return { product, client, server, port: hops.client };
}

async function untilOpen(port: number): Promise<void> {
  for (let i = 0; i < 300; i++) {
    const socket = connect(port, "127.0.0.1");
    const open = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens at ${port}`);
}

async function load(workload: Workload, port: number): Promise<Seen> {
  const program = join(import.meta.dirname, "load-program.ts");
  const { stdout } = await run1(process.execPath, [...sourceFlags, program, workload, `${port}`, `${roundMs}`]);
  return JSON.parse(stdout);
}

async function measure(pair: Running, workload: Workload): Promise<Measured> {
  const before = cpuSeconds(pair);
  const seen = await load(workload, pair.port);
  return { ...seen, workload, coreSeconds: cpuSeconds(pair) - before };
}

/** User and system time of all threads of both proxies: proc(5), `stat`, fields 14 and 15 of 100 a second. */
function cpuSeconds({ client, server }: Running): number {
  let ticks = 0;
  for (const { pid } of [client, server]) {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

function residentMb({ pid }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

function figuresOf(pair: Running, all: readonly Measured[], direct: readonly Seen[]): MeshFigures {
  const of = (workload: Workload, value: (each: Measured) => number) =>
    median(all.filter((each) => each.workload === workload).map(value));
  const added = (value: (each: Seen) => number) => of("latency", value) - median(direct.map(value));
  return {
    name: pair.product.name,
    version: pair.product.version,
    requestsPerCoreSecond: of("keepalive", ({ requests, coreSeconds }) => requests / coreSeconds),
    requestsPerSecond: of("keepalive", ({ requests, seconds }) => requests / seconds),
    connectionsPerCoreSecond: of("newconn", ({ requests, coreSeconds }) => requests / coreSeconds),
    connectionsPerSecond: of("newconn", ({ requests, seconds }) => requests / seconds),
    megabytesPerCoreSecond: of("bulk", ({ bytes, coreSeconds }) => bytes / 1e6 / coreSeconds),
    megabytesPerSecond: of("bulk", ({ bytes, seconds }) => bytes / 1e6 / seconds),
    addedP50: added(({ p50 }) => p50),
    addedP99: added(({ p99 }) => p99),
    rssMb: Math.max(residentMb(pair.client), residentMb(pair.server)),
  };
}

function ratiosOf([own, ...peers]: readonly MeshFigures[]): MeshReport["ratios"] {
  if (own === undefined) return {};
  return Object.fromEntries(
    peers.map((peer) => [
      peer.name,
      {
        keepalive: own.requestsPerCoreSecond / peer.requestsPerCoreSecond,
        newconn: own.connectionsPerCoreSecond / peer.connectionsPerCoreSecond,
        bulk: own.megabytesPerCoreSecond / peer.megabytesPerCoreSecond,
      },
    ]),
  );
}

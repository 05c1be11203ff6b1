import { availableParallelism } from "node:os";
import { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { millisecondsOf } from "../../go-duration.ts";
import { type MeshProxyOptions, openMeshProxy } from "../../mesh/mesh-proxy.ts";
import { workerVariable } from "../../mesh/worker-variable.ts";

interface ProxyFlags {
  readonly config: string;
  readonly certificates?: string;
  readonly caAddress?: string;
  readonly caName?: string;
  readonly tokenFile?: string;
  readonly rootsFile?: string;
  readonly certificateLife: string;
  readonly metrics?: string;
  readonly accessLog: string;
  readonly drainDuration: string;
  readonly concurrency: string;
}

export function proxyCommand(): Command {
  return new Command("proxy")
    .description("a sidecar by files alone: mutual TLS in front of a workload, and for what it sends")
    .requiredOption("--config <file>", "JSON: where it listens, the modes of ports, the targets, the policies")
    .option(
      "--certificates <folder>",
      "cert-chain.pem, key.pem and root-cert.pem, as Istio's agent writes them; read again when they change",
    )
    .option("--ca-address <host:port>", "an authority that signs its certificate, in place of --certificates")
    .option("--ca-name <name>", "in the authority's certificate, where it is not the host's")
    .option("--token-file <file>", "by which it proves to the authority who it is; read again for each certificate")
    .option("--roots-file <file>", "PEM of whom it trusts at first: the authority's certificate is checked by it")
    .option("--certificate-life <duration>", "that is asked for; renewed at its half", "24h")
    .option("--metrics <host:port>", "where /healthz and /metrics are")
    .option("--access-log <file>", "a line of JSON for each connection; - for standard output, none for none", "-")
    .option("--concurrency <number>", "workers, each a process that serves the same ports; 0 for one a core", "1")
    .option("--drain-duration <duration>", "how long connections may go on after SIGTERM", "5s")
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh proxy --config server.json --certificates /etc/certs
  sallyport mesh proxy --config server.json --ca-address istiod.istio-system.svc:15012 --token-file token --roots-file root-cert.pem
  sallyport mesh proxy --config server.json --certificates /etc/certs --metrics 127.0.0.1:15020 --access-log none

server.json, in front of what listens at 8080, and client.json, which takes 9080 to it:
  { "listeners": [{ "direction": "inbound", "port": 15108, "destination": { "ip": "127.0.0.1", "port": 8080 } }],
    "inbound": { "mode": "STRICT" } }
  { "listeners": [{ "direction": "outbound", "port": 9080, "destination": { "ip": "10.0.0.7", "port": 15108 } }],
    "outbound": [{ "ip": "10.0.0.7", "port": 15108, "tls": "mutual",
                   "identities": ["spiffe://cluster.local/ns/shop/sa/web"] }] }

"destination": "original" asks the kernel, where its rules turn connections over (package koffi). Every field is in docs/mesh-proxy.md.
While there is no certificate, plaintext is taken where the mode allows it, and what should be mutual is refused: also while an authority
does not answer, which is asked again until it does. /healthz says which.
Exit status: 0 stopped, 2 bad usage or files, 3 the machine did not let us.`,
    )
    .action(run);
}

async function run({ concurrency, ...flags }: ProxyFlags): Promise<void> {
  const drainMs = millisecondsOf("--drain-duration", flags.drainDuration);
  const count = workersOf(concurrency);
  const options = { ...flags, say };
  if (process.env[workerVariable] !== undefined) {
    const { runProxyWorker } = await import("../../mesh/proxy-worker.ts");
    return runProxyWorker(options);
  }
  const stopped = new Promise<void>((done) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => done());
  });
  const proxy = count === 1 ? await openMeshProxy(options) : await openSeveral(options, count);
  for (const line of proxy.doors) say(line);
  await stopped;
  await proxy.drain(drainMs);
}

async function openSeveral(options: MeshProxyOptions, count: number) {
  const { openProxyWorkers } = await import("../../mesh/proxy-workers.ts");
  const [, file = "", ...args] = process.argv;
  return openProxyWorkers(options, count, { file, args });
}

/** As many as a machine may have cores at most. */
function workersOf(text: string): number {
  const count = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(count <= 1024)) throw new UsageError(`--concurrency ${text}: expected a number from 0 to 1024`);
  return count === 0 ? availableParallelism() : count;
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

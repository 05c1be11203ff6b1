import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { createCa, createLeaf } from "@sallyport/pki";
import { freePort } from "../../scripts/free-port.ts";
import { builtArguments } from "../../scripts/node-arguments.ts";
import { cpuMs, rssMb } from "../peer.ts";
import type { Library } from "./library.ts";

/** A server that answers reviews over TLS. */
export interface ReviewServer {
  readonly name: string;
  readonly url: string;
  /** Where reviews are sent. */
  readonly path: string;
  readonly rssMb: () => number;
  readonly cpuMs: () => number;
  readonly stop: () => Promise<void>;
}

/** Where both servers find their certificate and their policies. */
export interface Place {
  readonly folder: string;
  readonly ca: string;
}

export async function preparePlace(folder: string, { modules }: Library): Promise<Place> {
  const life = { now: Date.now(), days: 2 };
  const ca = await createCa("CN=bench", life);
  const { certificate, key } = await createLeaf(ca, "CN=reviews", life, { names: [], addresses: ["127.0.0.1"] });
  writeFileSync(join(folder, "tls.crt"), certificate);
  writeFileSync(join(folder, "tls.key"), key);
  mkdirSync(join(folder, "policies"));
  for (const { file, text } of modules) writeFileSync(join(folder, "policies", file), text);
  return { folder, ca: ca.certificate };
}

/** How long a server may take to be ready: one replicates a hundred thousand objects first. */
const readyMs = 180_000;

/** `sallyport webhook`, following a cluster. */
export async function startWebhook(
  { folder }: Place,
  kubeconfig: object,
  replicate: readonly string[] = [],
): Promise<ReviewServer> {
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify(kubeconfig));
  const port = await freePort();
  const flags = [
    ...builtArguments,
    "webhook",
    ...["--kubeconfig", join(folder, "kubeconfig"), "--host", "127.0.0.1", "--port", String(port)],
    ...["--tls-cert-file", join(folder, "tls.crt"), "--tls-private-key-file", join(folder, "tls.key")],
    ...["--policy", join(folder, "policies")],
    ...(replicate.length === 0 ? [] : ["--replicate", replicate.join(",")]),
  ];
  const child = spawn(process.execPath, flags, { stdio: "ignore" });
  const url = `https://127.0.0.1:${port}`;
  await untilReady(child, `${url}/readyz`);
  return { name: "sallyport", url, path: "/validate", ...measuresOf(child) };
}

/** `opa run --server`, whose decision is the same module's. */
export async function startOpaServer({ folder }: Place, opa: string): Promise<ReviewServer> {
  const port = await freePort();
  const flags = [
    ...["run", "--server", "--v0-compatible", "--addr", `https://127.0.0.1:${port}`, "--log-level", "error"],
    ...["--tls-cert-file", join(folder, "tls.crt"), "--tls-private-key-file", join(folder, "tls.key")],
    ...["--disable-telemetry", join(folder, "policies")],
  ];
  const child = spawn(opa, flags, { stdio: "ignore" });
  const url = `https://127.0.0.1:${port}`;
  await untilReady(child, `${url}/health`);
  return { name: "opa", url, path: "/", ...measuresOf(child) };
}

function measuresOf(child: ChildProcess): Pick<ReviewServer, "rssMb" | "cpuMs" | "stop"> {
  return {
    rssMb: () => rssMb(child),
    cpuMs: () => cpuMs(child),
    stop: async () => {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function untilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + readyMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with status ${child.exitCode}`);
    if (await isOk(url)) return;
    if (Date.now() > deadline) throw new Error(`${url} was not ready in time`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function isOk(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const outgoing = request(url, { rejectUnauthorized: false }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode === 200);
    });
    outgoing.on("error", () => resolve(false));
    outgoing.end();
  });
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@sallyport/cluster";
import { freePort } from "../../scripts/free-port.ts";
import { nodeArguments } from "../../scripts/node-arguments.ts";
import { findKubeApiserver, type Peer, startKubeApiserver, token } from "../apiserver/peers.ts";

/** A kube-apiserver with its etcd, an OPA beside it, and `sallyport sync` between the two: all processes of their own. */
export interface SyncBed {
  readonly kube: Client;
  /** The document at a path of OPA's data; undefined where there is none. Rejects while OPA is away. */
  readonly data: (path: string) => Promise<unknown>;
  /** Starts OPA, with nothing in it. */
  readonly startOpa: () => void;
  /** kill -9. */
  readonly killOpa: () => Promise<void>;
  /** The status of a path of sync's health endpoint; 0 where nobody listens. */
  readonly probe: (path: string) => Promise<{ readonly status: number; readonly text: string }>;
}

/** Why there is no such bed on this machine; false where there is one. */
export function missingPeers(): string | false {
  const files = findKubeApiserver();
  if ("missing" in files) return files.missing;
  return process.env["SALLYPORT_OPA"] ? false : "no OPA: SALLYPORT_OPA names its file";
}

/** `flags` are those of `sallyport sync`, which runs before OPA does; `prepare` is there first. */
export async function withSyncBed(
  flags: readonly string[],
  prepare: (kube: Client) => Promise<void>,
  run: (bed: SyncBed) => Promise<void>,
): Promise<void> {
  const files = findKubeApiserver();
  if ("missing" in files) throw new Error(files.missing);
  const peer = await startKubeApiserver(files);
  const folder = mkdtempSync(join(tmpdir(), "sallyport-sync-"));
  const kube = new Client({ url: peer.url, token: () => token, insecureSkipTlsVerify: true });
  const [opaPort, healthPort] = [await freePort(), await freePort()];
  let [opa, sync]: (ChildProcess | undefined)[] = [];
  try {
    await prepare(kube);
    writeFileSync(join(folder, "kubeconfig"), kubeconfig(peer));
    const own = ["--kubeconfig", join(folder, "kubeconfig"), "--opa-url", `http://127.0.0.1:${opaPort}/v1`];
    const words = ["sync", ...own, "--health-endpoint", `127.0.0.1:${healthPort}`, ...flags];
    sync = spawn(process.execPath, [...nodeArguments, ...words], { stdio: "ignore" });
    await run({
      kube,
      data: async (path) => (await dataAt(opaPort, path)).result,
      startOpa: () => {
        const address = `127.0.0.1:${opaPort}`;
        opa = spawn(process.env["SALLYPORT_OPA"] ?? "opa", ["run", "--server", "--addr", address], { stdio: "ignore" });
      },
      killOpa: () => ended(opa),
      probe: (path) => probe(`http://127.0.0.1:${healthPort}${path}`),
    });
  } finally {
    await Promise.all([ended(sync), ended(opa)]);
    kube.close();
    await peer.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function dataAt(port: number, path: string): Promise<{ readonly result?: unknown }> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/data/${path}`);
  return (await answer.json()) as { readonly result?: unknown };
}

async function probe(url: string): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const answer = await fetch(url);
    return { status: answer.status, text: await answer.text() };
  } catch {
    return { status: 0, text: "" };
  }
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

function kubeconfig({ url }: Peer): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "peer",
    contexts: [{ name: "peer", context: { cluster: "peer", user: "admin" } }],
    clusters: [{ name: "peer", cluster: { server: url, "insecure-skip-tls-verify": true } }],
    users: [{ name: "admin", user: { token } }],
  });
}

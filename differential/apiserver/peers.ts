import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiServerOptions, startApiServer } from "@sallyport/apiserver";
import { memoryServer } from "../../packages/apiserver/src/server.fixture.ts";
import { freePort } from "../../scripts/free-port.ts";
import { ApiClient } from "./api-client.ts";

/** A server to ask, as its administrator. */
export interface Peer {
  readonly client: ApiClient;
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** What to start, or the URL of one that runs. */
export type PeerFiles = { readonly apiserver: string; readonly etcd: string } | { readonly url: string };

/** The release whose answers count, where its kube-apiserver is named; another one may differ rightly. */
export interface PeerRelease {
  readonly version: string;
  readonly variable: string;
}

export const current: PeerRelease = { version: "v1.37", variable: "SALLYPORT_KUBE_APISERVER" };

/** The administrator's, on all of them. */
export const token = "differential";

/** How long a real kube-apiserver may take to be ready. */
const readyMs = 180_000;

/**
 * kube-apiserver and etcd of this machine, by `SALLYPORT_KUBE_APISERVER` and `SALLYPORT_ETCD` or the PATH; else why there is none. A URL
 * in the first is one that runs already, is started with the flags below, and knows the administrator by the same token.
 */
export function findKubeApiserver({ version, variable } = current): PeerFiles | { readonly missing: string } {
  const apiserver = process.env[variable] || "kube-apiserver";
  const etcd = process.env["SALLYPORT_ETCD"] || "etcd";
  if (apiserver.startsWith("https:")) return { url: apiserver };
  const { stdout = "", status } = spawnSync(apiserver, ["--version"], { encoding: "utf8" });
  if (status !== 0) return { missing: `no kube-apiserver on the PATH, and none in ${variable}` };
  if (!stdout.includes(version)) return { missing: `kube-apiserver is ${stdout.trim()}, not ${version}` };
  if (spawnSync(etcd, ["--version"]).status !== 0)
    return { missing: "no etcd on the PATH, and none in SALLYPORT_ETCD" };
  return { apiserver, etcd };
}

/** A real kube-apiserver on an etcd of its own, with RBAC and its default admission plugins. Rejects when it is not ready in time. */
export async function startKubeApiserver(
  files: PeerFiles,
  flags: { readonly [name: string]: string } = {},
): Promise<Peer> {
  if ("url" in files) {
    const client = new ApiClient(files.url, token);
    return { client, url: files.url, close: async () => client.close() };
  }
  const etcd = await startEtcd(files.etcd);
  try {
    const { close, ...peer } = await startKubeApiserverOn(files.apiserver, etcd.url, flags);
    return {
      ...peer,
      close: async () => {
        await close();
        etcd.close();
      },
    };
  } catch (error) {
    etcd.close();
    throw error;
  }
}

function start(file: string, folder: string, flags: { readonly [name: string]: string }): ChildProcess {
  const list = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  return spawn(file, list, { cwd: folder, stdio: "ignore" });
}

/** A real etcd with a folder of its own. */
export async function startEtcd(etcd: string): Promise<{ readonly url: string; readonly close: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-etcd-"));
  const [url, peerUrl] = [`http://127.0.0.1:${await freePort()}`, `http://127.0.0.1:${await freePort()}`];
  const child = start(etcd, folder, {
    "data-dir": join(folder, "etcd"),
    "listen-client-urls": url,
    "advertise-client-urls": url,
    "listen-peer-urls": peerUrl,
    "initial-advertise-peer-urls": peerUrl,
    "initial-cluster": `default=${peerUrl}`,
    // Nobody reads it after us: it need not wait for the disk.
    "unsafe-no-fsync": "true",
  });
  const close = () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { url, close };
}

/** A real kube-apiserver on an etcd that runs. Rejects when it is not ready in time. */
export async function startKubeApiserverOn(
  apiserver: string,
  etcdUrl: string,
  flags: { readonly [name: string]: string } = {},
): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-peer-"));
  const port = await freePort();
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(join(folder, "sa.key"), privateKey.export({ type: "pkcs1", format: "pem" }));
  writeFileSync(join(folder, "tokens.csv"), `${token},admin,admin,system:masters\n`);
  const child = start(apiserver, folder, {
    "etcd-servers": etcdUrl,
    "secure-port": String(port),
    "bind-address": "127.0.0.1",
    "cert-dir": join(folder, "certs"),
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": join(folder, "sa.key"),
    "service-account-signing-key-file": join(folder, "sa.key"),
    "token-auth-file": join(folder, "tokens.csv"),
    "authorization-mode": "RBAC",
    "service-cluster-ip-range": "10.0.0.0/24",
    "allow-privileged": "true",
    ...flags,
  });
  const url = `https://127.0.0.1:${port}`;
  const client = new ApiClient(url, token);
  const close = async () => {
    client.close();
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await closed;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await untilReady(client);
  } catch (error) {
    await close();
    throw error;
  }
  return { client, url, close };
}

async function untilReady(client: ApiClient): Promise<void> {
  const deadline = Date.now() + readyMs;
  for (;;) {
    const answer = await client.ask({ method: "GET", path: "/readyz" }).catch(() => undefined);
    if (answer?.code === 200) return;
    if (Date.now() > deadline) throw new Error("kube-apiserver was not ready in time");
    await new Promise((done) => setTimeout(done, 200));
  }
}

/** Our own server, in this process; in memory where `more` says nothing else. */
export async function startSallyport(
  onFault: (error: unknown) => void,
  more: Partial<ApiServerOptions> = {},
): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-own-"));
  const server = await startApiServer({
    ...memoryServer(folder, onFault),
    // kube-apiserver has none of kube-controller-manager's, and makes its own Service.
    controllers: ["kubernetes-service"],
    authentication: { tokens: [{ token, user: { username: "admin", uid: "admin", groups: ["system:masters"] } }] },
    ...more,
  });
  const client = new ApiClient(server.url, token);
  const close = async () => {
    client.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { client, url: server.url, close };
}

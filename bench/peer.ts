import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../scripts/free-port.ts";
import type { Access } from "./client.ts";

/** A real etcd and kube-apiserver of this machine, by `SALLYPORT_ETCD` and `SALLYPORT_KUBE_APISERVER`. */
export interface Peer {
  readonly access: Access;
  readonly readyMs: number;
  readonly rssMb: () => number;
  /** What both have used of processors since they started, ms. */
  readonly cpuMs: () => number;
  readonly stop: () => void;
}

/** Undefined, with the reason printed, when the machine has none. The certificates are those of a Sallyport folder. */
export async function startPeer(folder: string, certificates: string): Promise<Peer | string> {
  const [etcd, apiserver] = [process.env["SALLYPORT_ETCD"], process.env["SALLYPORT_KUBE_APISERVER"]];
  if (etcd === undefined || apiserver === undefined)
    return "set SALLYPORT_ETCD and SALLYPORT_KUBE_APISERVER to binaries";
  for (const file of [etcd, apiserver]) if (!existsSync(file)) return `${file} is not there`;
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
  const start = performance.now();
  const database = spawn(
    etcd,
    [
      "--data-dir",
      join(folder, "etcd"),
      "--listen-client-urls",
      `http://127.0.0.1:${client}`,
      "--advertise-client-urls",
      `http://127.0.0.1:${client}`,
      "--listen-peer-urls",
      `http://127.0.0.1:${peer}`,
      "--initial-advertise-peer-urls",
      `http://127.0.0.1:${peer}`,
      "--initial-cluster",
      `default=http://127.0.0.1:${peer}`,
    ],
    { stdio: "ignore" },
  );
  const file = (name: string) => join(certificates, name);
  const flags = {
    "etcd-servers": `http://127.0.0.1:${client}`,
    "secure-port": String(port),
    "bind-address": "127.0.0.1",
    "cert-dir": join(folder, "certs"),
    "tls-cert-file": file("server.crt"),
    "tls-private-key-file": file("server.key"),
    "client-ca-file": file("ca.crt"),
    "service-account-issuer": "https://kubernetes.default.svc",
    "service-account-key-file": file("server.crt"),
    "service-account-signing-key-file": file("server.key"),
    "authorization-mode": "RBAC",
    "service-cluster-ip-range": "10.0.0.0/24",
    "disable-admission-plugins": "ServiceAccount",
  };
  const server = spawn(
    apiserver,
    Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    { stdio: "ignore" },
  );
  const read = (name: string) => readFileSync(file(name), "utf8");
  const access = {
    url: `https://127.0.0.1:${port}`,
    ca: read("ca.crt"),
    cert: read("admin.crt"),
    key: read("admin.key"),
  };
  const stop = () => {
    server.kill("SIGKILL");
    database.kill("SIGKILL");
  };
  try {
    await untilReady(access);
  } catch (error) {
    stop();
    return `kube-apiserver did not become ready: ${(error as Error).message}`;
  }
  return {
    access,
    readyMs: performance.now() - start,
    rssMb: () => rssMb(server) + rssMb(database),
    cpuMs: () => cpuMs(server) + cpuMs(database),
    stop,
  };
}

/** Asks `/readyz` until it is ok. */
export async function untilReady({ url, ca, cert, key }: Access): Promise<void> {
  const { request } = await import("node:https");
  const deadline = performance.now() + 90_000;
  for (;;) {
    const code = await new Promise<number>((resolve) => {
      const outgoing = request(`${url}/readyz`, { ca, cert, key }, (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode ?? 0);
      });
      outgoing.on("error", () => resolve(0));
      outgoing.end();
    });
    if (code === 200) return;
    if (performance.now() > deadline) throw new Error("no /readyz within 90 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Resident memory of a process, MB; 0 where the system does not tell. */
export function rssMb({ pid }: ChildProcess): number {
  try {
    const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(match?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Ticks of a second in which Linux counts processor time, whatever the machine: sysconf(_SC_CLK_TCK). */
const ticksPerSecond = 100;

/** What a process has used of processors since it started, all threads, ms; 0 where the system does not tell. proc_pid_stat(5), fields 14 and 15. */
export function cpuMs({ pid }: Pick<ChildProcess, "pid">): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    return (((user ?? 0) + (system ?? 0)) * 1000) / ticksPerSecond;
  } catch {
    return 0;
  }
}

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../../scripts/free-port.ts";
import { loadCertificates } from "../http/certificates.ts";

/** A real etcd of this machine, by `SALLYPORT_ETCD` or on the path. */
const program = process.env["SALLYPORT_ETCD"] || "etcd";

/** Why tests with an etcd are skipped; false when there is one. */
export const noEtcd: string | false =
  spawnSync(program, ["--version"]).status === 0 ? false : "no etcd on the PATH, and none in SALLYPORT_ETCD";

export interface Etcd {
  readonly url: string;
  readonly folder: string;
  readonly start: () => Promise<void>;
  /** kill -9. */
  readonly kill: () => Promise<void>;
}

/** A fresh etcd on free ports for the time of one test; `flagsOf` for one with TLS. */
export async function withEtcd(
  run: (etcd: Etcd) => Promise<void>,
  flagsOf: (folder: string) => Promise<readonly string[]> = async () => [],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-etcd-"));
  const more = await flagsOf(folder);
  const scheme = more.length === 0 ? "http" : "https";
  const [port, peer] = [await freePort(), await freePort()];
  const flags = {
    "data-dir": join(folder, "data"),
    "listen-client-urls": `${scheme}://127.0.0.1:${port}`,
    "advertise-client-urls": `${scheme}://127.0.0.1:${port}`,
    "listen-peer-urls": `http://127.0.0.1:${peer}`,
    "initial-advertise-peer-urls": `http://127.0.0.1:${peer}`,
    "initial-cluster": `default=http://127.0.0.1:${peer}`,
  };
  let child: ChildProcess | undefined;
  const kill = () =>
    new Promise<void>((resolve) => {
      if (child === undefined || child.exitCode !== null) return resolve();
      child.once("close", () => resolve());
      child.kill("SIGKILL");
    });
  const start = async () => {
    child = spawn(program, [...Object.entries(flags).map(([name, value]) => `--${name}=${value}`), ...more], {
      stdio: "ignore",
    });
    await untilOpen(port);
  };
  try {
    await start();
    await run({ url: `${scheme}://127.0.0.1:${port}`, folder, start, kill });
  } finally {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Flags for an etcd with TLS, whose clients show a certificate: the authority and all certificates lie in `pki` of its folder. */
export async function etcdTlsFlags(folder: string): Promise<readonly string[]> {
  await loadCertificates(join(folder, "pki"), "127.0.0.1");
  const file = (name: string) => join(folder, "pki", name);
  return [
    `--cert-file=${file("server.crt")}`,
    `--key-file=${file("server.key")}`,
    `--trusted-ca-file=${file("ca.crt")}`,
    "--client-cert-auth",
  ];
}

/** One of several etcds that make a cluster. */
export interface EtcdMember {
  readonly url: string;
  readonly stop: () => void;
  readonly go: () => void;
}

/** A fresh cluster of three for the time of one test. `stop` and `go` are SIGSTOP and SIGCONT. */
export async function withEtcdMembers(run: (members: readonly EtcdMember[]) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-etcd-"));
  const places = await Promise.all(
    ["a", "b", "c"].map(async (name) => [name, await freePort(), await freePort()] as const),
  );
  const cluster = places.map(([name, , peer]) => `${name}=http://127.0.0.1:${peer}`).join();
  const children = places.map(([name, port, peer]) => {
    const flags = {
      name,
      "data-dir": join(folder, name),
      "listen-client-urls": `http://127.0.0.1:${port}`,
      "advertise-client-urls": `http://127.0.0.1:${port}`,
      "listen-peer-urls": `http://127.0.0.1:${peer}`,
      "initial-advertise-peer-urls": `http://127.0.0.1:${peer}`,
      "initial-cluster": cluster,
    };
    const list = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    return spawn(program, list, { stdio: "ignore" });
  });
  try {
    for (const [, port] of places) await untilOpen(port);
    const members = places.map(([, port], i) => {
      const signal = (name: NodeJS.Signals) => () => void children[i]?.kill(name);
      return { url: `http://127.0.0.1:${port}`, stop: signal("SIGSTOP"), go: signal("SIGCONT") };
    });
    await run(members);
  } finally {
    const ended = children.map((child) => new Promise((resolve) => child.once("close", resolve)));
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(ended);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function untilOpen(port: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (isOpen) return;
    if (performance.now() > deadline) throw new Error("etcd does not listen");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

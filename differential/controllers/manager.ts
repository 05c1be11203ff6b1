import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadCertificates } from "../../packages/apiserver/src/http/certificates.ts";
import { findKubeApiserver, type Peer, startKubeApiserver, token } from "../apiserver/peers.ts";

/** kube-controller-manager of this machine, by `SALLYPORT_KUBE_CONTROLLER_MANAGER` or the PATH; else why there is none. */
export function findControllerManager(): { readonly file: string } | { readonly missing: string } {
  const file = process.env["SALLYPORT_KUBE_CONTROLLER_MANAGER"] || "kube-controller-manager";
  if (spawnSync(file, ["--version"]).status === 0) return { file };
  return { missing: "no kube-controller-manager on the PATH, and none in SALLYPORT_KUBE_CONTROLLER_MANAGER" };
}

/** Off at both: nodes here have no kubelets that would say that they live. */
export const controllers = ["*", "-node-lifecycle-controller"];

/** A real kube-apiserver with a real kube-controller-manager, or what is missing. */
export async function startManaged(): Promise<Peer | { readonly missing: string }> {
  const [files, manager] = [findKubeApiserver(), findControllerManager()];
  if ("missing" in files) return files;
  if ("missing" in manager) return manager;
  const folder = mkdtempSync(join(tmpdir(), "sallyport-manager-"));
  const { ca } = await loadCertificates(folder, "127.0.0.1");
  writeFileSync(join(folder, "sa.key"), ca.key);
  writeFileSync(join(folder, "sa.pub"), ca.certificate);
  const peer = await startKubeApiserver(files, {
    "service-account-key-file": join(folder, "sa.pub"),
    "service-account-signing-key-file": join(folder, "sa.key"),
    "client-ca-file": join(folder, "ca.crt"),
  });
  const flags = {
    kubeconfig: writeKubeconfig(folder, peer.url),
    controllers: controllers.join(),
    "root-ca-file": join(folder, "ca.crt"),
    "cluster-signing-cert-file": join(folder, "ca.crt"),
    "cluster-signing-key-file": join(folder, "ca.key"),
    "service-account-private-key-file": join(folder, "sa.key"),
    "use-service-account-credentials": "true",
    "leader-elect": "false",
    "kube-api-qps": "1000",
    "kube-api-burst": "2000",
    "secure-port": "0",
  };
  const list = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(manager.file, list, { stdio: "ignore" });
  const close = async () => {
    child.kill("SIGKILL");
    await peer.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...peer, close };
}

function writeKubeconfig(folder: string, server: string): string {
  const file = join(folder, "kubeconfig");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "u", user: { token } }],
    contexts: [{ name: "d", context: { cluster: "c", user: "u" } }],
    "current-context": "d",
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

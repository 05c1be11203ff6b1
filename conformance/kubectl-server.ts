import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findKubectl, packagedKubectl } from "../packages/cli/src/kubectl.ts";
import { nodeArguments } from "../scripts/node-arguments.ts";
import type { Program } from "./script.ts";

/** No command of a test takes longer; those that wait say how long themselves. */
const timeoutMs = 60_000;

/** A server that is not ready by then never will be; a very busy machine takes a minute. */
const startMs = 180_000;

export interface KubectlServer {
  readonly port: number;
  /** The file of its certificate. */
  readonly certificate: string;
  /** kubectl, as the administrator of this server. */
  readonly kubectl: Program;
  /** Stops it; answers what it said of faults of its own, which no test may cause. */
  readonly close: () => Promise<string>;
}

/**
 * What `hack/make-rules/test-cmd.sh` turns off: pods run without service accounts, and webhooks are not asked; and what kube-apiserver
 * has not: the scripts begin without CustomResourceDefinitions.
 */
const disabled = [
  "Gatekeeper",
  "ServiceAccount",
  "DefaultStorageClass",
  "DefaultTolerationSeconds",
  "MutatingAdmissionWebhook",
  "ValidatingAdmissionWebhook",
  "StorageObjectInUseProtection",
];

interface Kubectl {
  readonly path: string;
  /** `kubectl-convert`. */
  readonly convert?: string;
}

/** `hack/make-rules/test-cmd.sh` has everything allowed, and RBAC beside that. */
const testFlags = ["--authorization-mode", "RBAC,AlwaysAllow", "--disable-admission-plugins", disabled.join(",")];

/** What the server is started with: files of a Kubernetes tree, and flags of `sallyport up`. */
export interface ServerFiles {
  /** Those that Kubernetes' tests of kubectl want when absent. */
  readonly flags?: readonly string[];
  readonly tokenFile?: string;
  readonly clientCaFile?: string;
  /** As kube-controller-manager's flag; those that are on by default when absent. */
  readonly controllers?: string;
}

/**
 * The kubectl that tests run: what `KUBECTL` names, of any version, else the packaged one, else that of the machine; with a
 * `kubectl-convert` that lies beside it. A string says why there is none.
 */
export function chooseKubectl(): Kubectl | string {
  const cache = join(tmpdir(), "sallyport-tools");
  const named = process.env["KUBECTL"] || packagedKubectl(cache);
  const found = named === undefined ? findKubectl(cache) : { path: named };
  if (typeof found === "string") return found;
  const convert = join(dirname(found.path), "kubectl-convert");
  return { path: found.path, ...(existsSync(convert) ? { convert } : {}) };
}

/** `[major, minor]` of a kubectl. */
export function versionOfKubectl(path: string): readonly [number, number] {
  const { stdout } = spawnSync(path, ["version", "--client"], { encoding: "utf8", timeout: timeoutMs });
  const [, major, minor] = /v(\d+)\.(\d+)/.exec(stdout ?? "") ?? [];
  return [Number(major ?? 0), Number(minor ?? 0)];
}

/** A fresh server, in memory, set up as Kubernetes' tests of kubectl want it, and a kubectl in `binFolder`; or why there is no kubectl. */
export async function startKubectlServer(
  folder: string,
  binFolder: string,
  files: ServerFiles,
  found: Kubectl | string = chooseKubectl(),
): Promise<KubectlServer | string> {
  if (typeof found === "string") return found;
  mkdirSync(binFolder, { recursive: true });
  const kubectl = join(binFolder, "kubectl");
  wrap(kubectl, found.path);
  if (found.convert !== undefined) wrap(join(binFolder, "kubectl-convert"), found.convert);
  const data = join(folder, "data");
  const { port, stop } = await start(data, files);
  const kubeconfig = join(data, "kubeconfig");
  return {
    port,
    certificate: join(data, "pki/server.crt"),
    kubectl: (cwd, args, { stdin, env }) =>
      new Promise((done) => {
        const child = execFile(
          kubectl,
          [...args],
          { cwd, env: { ...env, KUBECONFIG: kubeconfig, HOME: folder }, timeout: timeoutMs },
          (error, out, err) => done({ status: error === null ? 0 : Number(error.code) || 1, out, err }),
        );
        // Most read nothing, and may have ended by now.
        child.stdin?.on("error", () => {}).end(stdin);
      }),
    close: stop,
  };
}

/** Where the scripts fetch files of the tree that they lie in. */
const treeUrl = "https://raw.githubusercontent.com/kubernetes/kubernetes/master/";

/** A script that runs the program: it may lie where no link may lead. Files of the tree are read in it, so that no network is needed. */
function wrap(file: string, program: string): void {
  const words = `for each; do shift; set -- "$@" "\${each#${treeUrl}}"; done`;
  writeFileSync(file, `#!/bin/sh\n${words}\nexec '${program}' "$@"\n`, { mode: 0o755 });
}

/** `sallyport up`, with what `hack/make-rules/test-cmd.sh` starts kube-apiserver and kube-controller-manager with. */
function start(
  data: string,
  { tokenFile, clientCaFile, flags: given = testFlags, controllers = "*" }: ServerFiles,
): Promise<{ readonly port: number; readonly stop: () => Promise<string> }> {
  const flags = [
    ...["--data", data, "--port", "0", "--memory", "--no-node"],
    ...given,
    ...["--controllers", controllers],
    ...(tokenFile === undefined ? [] : ["--token-auth-file", tokenFile]),
    ...(clientCaFile === undefined ? [] : ["--client-ca-file", clientCaFile]),
  ];
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "sallyport-tools", "compiled") };
  const child = spawn(process.execPath, [...nodeArguments, "up", ...flags], { env });
  let said = "";
  let faults = "";
  child.stderr.on("data", (bytes: Buffer) => {
    faults += bytes.toString("utf8");
  });
  return new Promise((done, fail) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), startMs);
    child.once("exit", () => fail(new Error(`the server did not start: ${faults || said}`)));
    child.stdout.on("data", (bytes: Buffer) => {
      said += bytes.toString("utf8");
      const [, port] = /^ready at https:\/\/[^:]+:(\d+)/m.exec(said) ?? [];
      if (port === undefined) return;
      clearTimeout(timer);
      done({ port: Number(port), stop: async () => await stopped(child).then(() => faults) });
    });
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  await ended;
  clearTimeout(timer);
}

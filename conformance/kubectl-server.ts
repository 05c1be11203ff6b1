import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createChain, type Plugin } from "@sallyport/admission";
import { parseTokenFile, startApiServer } from "@sallyport/apiserver";
import { memoryServer } from "../packages/apiserver/src/server.fixture.ts";
import { findKubectl, packagedKubectl } from "../packages/cli/src/kubectl.ts";
import type { Program } from "./script.ts";

/** No command of a test takes longer; those that wait say how long themselves. */
const timeoutMs = 60_000;

export interface KubectlServer {
  readonly port: number;
  /** kubectl, as the administrator of this server. */
  readonly kubectl: Program;
  readonly close: () => Promise<void>;
}

/** What `hack/make-rules/test-cmd.sh` turns off: pods run without service accounts, and webhooks are not asked. */
const disabled = [
  "ServiceAccount",
  "DefaultStorageClass",
  "DefaultTolerationSeconds",
  "MutatingAdmissionWebhook",
  "ValidatingAdmissionWebhook",
  "StorageObjectInUseProtection",
];

/** A fresh server, in memory, set up as Kubernetes' tests of kubectl want it, and a kubectl in `binFolder`; or why there is no kubectl. */
export async function startKubectlServer(
  folder: string,
  binFolder: string,
  { tokenFile, clientCaFile }: { readonly tokenFile?: string; readonly clientCaFile?: string },
): Promise<KubectlServer | string> {
  const cache = join(tmpdir(), "sallyport-tools");
  const packaged = packagedKubectl(cache);
  const found = packaged === undefined ? findKubectl(cache) : { path: packaged };
  if (typeof found === "string") return found;
  mkdirSync(binFolder, { recursive: true });
  const kubectl = join(binFolder, "kubectl");
  writeFileSync(kubectl, `#!/bin/sh\nexec '${found.path}' "$@"\n`, { mode: 0o755 });
  const onFault = (error: unknown) =>
    process.stderr.write(`fault of our own: ${(error as Error).stack ?? String(error)}\n`);
  const server = await startApiServer({
    ...memoryServer(join(folder, "pki"), onFault),
    plugins: createChain({ disable: disabled }) as readonly Plugin[],
    controllers: ["*"],
    authorizationModes: ["RBAC", "AlwaysAllow"],
    authentication: {
      tokens: tokenFile === undefined ? [] : parseTokenFile(readFileSync(tokenFile, "utf8"), tokenFile),
      ...(clientCaFile === undefined ? {} : { clientCa: readFileSync(clientCaFile, "utf8") }),
    },
  });
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, server.kubeconfig());
  return {
    port: Number(new URL(server.url).port),
    kubectl: (cwd, args, { stdin, env }) =>
      new Promise((done) => {
        const child = execFile(
          kubectl,
          [...args],
          { cwd, env: { ...env, KUBECONFIG: kubeconfig, HOME: folder }, timeout: timeoutMs },
          (error, out, err) => done({ status: error === null ? 0 : Number(error.code) || 1, out, err }),
        );
        child.stdin?.end(stdin);
      }),
    close: server.close,
  };
}

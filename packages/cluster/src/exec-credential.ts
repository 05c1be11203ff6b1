import { execFile } from "node:child_process";
import { ConnectionError } from "./connection.ts";

/** `user.exec` of a kubeconfig. client.authentication.k8s.io/v1 */
export interface ExecConfig {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly apiVersion?: string;
}

interface ExecCredential {
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string };
}

/** A plugin that asks a person for a password would wait for ever. */
const timeoutMs = 60_000;
const maxOutputBytes = 1024 * 1024;
/** A token that ends this soon is renewed before it is used. */
const earlyMs = 10_000;

/** The token that a plugin gives, asked for again when it has expired. */
export function execToken(
  config: ExecConfig,
  environment: { readonly [name: string]: string | undefined },
  now: () => number,
): () => Promise<string> {
  let known: { readonly token: string; readonly until: number } | undefined;
  return async () => {
    if (known === undefined || known.until - earlyMs <= now()) known = await run(config, environment);
    return known.token;
  };
}

function run(
  { command, args = [], env = [], apiVersion = "client.authentication.k8s.io/v1" }: ExecConfig,
  environment: { readonly [name: string]: string | undefined },
): Promise<{ readonly token: string; readonly until: number }> {
  const info = JSON.stringify({ apiVersion, kind: "ExecCredential", spec: { interactive: false } });
  const own = Object.fromEntries(env.map(({ name, value }) => [name, value]));
  const options = {
    env: { ...environment, ...own, KUBERNETES_EXEC_INFO: info },
    timeout: timeoutMs,
    maxBuffer: maxOutputBytes,
  };
  return new Promise((resolve, reject) => {
    execFile(command, [...args], options, (error, stdout) => {
      const fail = (why: string) => reject(new ConnectionError(`credential plugin ${command}: ${why}`));
      if (error !== null) return fail(error.code === "ENOENT" ? "not found" : "it failed");
      try {
        const { status } = JSON.parse(stdout) as ExecCredential;
        if (!status?.token) return fail("it gave no token");
        const until = status.expirationTimestamp === undefined ? Infinity : Date.parse(status.expirationTimestamp);
        resolve({ token: status.token, until });
      } catch {
        fail("it gave no ExecCredential");
      }
    });
  });
}

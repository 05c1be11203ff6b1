import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { type Connection, ConnectionError } from "./connection.ts";
import { type ExecConfig, execToken } from "./exec-credential.ts";
import { fileFault } from "./file-fault.ts";

type Named<Key extends string, Value> = { readonly [key in Key]?: Value } & { readonly name?: string };

interface Cluster {
  readonly server?: string;
  readonly "insecure-skip-tls-verify"?: boolean;
  readonly "tls-server-name"?: string;
  readonly [field: string]: unknown;
}

interface User {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly exec?: ExecConfig;
  readonly [field: string]: unknown;
}

interface Kubeconfig {
  readonly clusters?: readonly Named<"cluster", Cluster>[];
  readonly users?: readonly Named<"user", User>[];
  readonly contexts?: readonly Named<
    "context",
    { readonly cluster?: string; readonly user?: string; readonly namespace?: string }
  >[];
  readonly "current-context"?: string;
}

export interface KubeconfigOptions {
  /** Instead of the current context. */
  readonly context?: string;
  /** Of credential plugins. */
  readonly environment: { readonly [name: string]: string | undefined };
  readonly now: () => number;
}

/** The connection that a kubeconfig's context names. Throws `ConnectionError`; never tells what keys or tokens are. */
export function kubeconfigConnection(file: string, options: KubeconfigOptions): Connection {
  const config = readConfig(file);
  const fault = (why: string) => new ConnectionError(`kubeconfig ${file}: ${why}`);
  const wanted = options.context ?? config["current-context"] ?? "";
  const context = config.contexts?.find(({ name }) => name === wanted)?.context;
  if (context === undefined) throw fault(`no context ${JSON.stringify(wanted)}`);
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  if (cluster === undefined) throw fault(`no cluster ${JSON.stringify(context.cluster ?? "")}`);
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {};
  const url = (cluster.server ?? "").replace(/\/$/, "");
  if (!/^https?:\/\/./.test(url)) throw fault("the cluster's server is no URL");
  const given = {
    ca: pemOf(cluster, "certificate-authority", file),
    cert: pemOf(user, "client-certificate", file),
    key: pemOf(user, "client-key", file),
    serverName: cluster["tls-server-name"],
    namespace: context.namespace,
    token: tokenOf(user, file, options),
  };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { url, ...known, insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] === true };
}

function tokenOf(user: User, file: string, { environment, now }: KubeconfigOptions): Connection["token"] {
  const { token, tokenFile, exec } = user;
  if (tokenFile !== undefined) return () => readBeside(file, tokenFile, "tokenFile").trim();
  if (token !== undefined) return () => token;
  return exec === undefined ? undefined : execToken(exec, environment, now);
}

function readConfig(file: string): Kubeconfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConnectionError(`kubeconfig ${file}: ${fileFault(error)}`);
  }
  try {
    return (parse(text, { logLevel: "error", uniqueKeys: false }) ?? {}) as Kubeconfig;
  } catch {
    throw new ConnectionError(`kubeconfig ${file}: not YAML`);
  }
}

/** Within the file in base64 (`KEY-data`), or in another file beside it. */
function pemOf(fields: { readonly [field: string]: unknown }, key: string, file: string): string | undefined {
  const data = fields[`${key}-data`];
  if (data !== undefined) return Buffer.from(String(data), "base64").toString("utf8");
  const path = fields[key];
  return path === undefined ? undefined : readBeside(file, String(path), key);
}

function readBeside(file: string, path: string, key: string): string {
  try {
    return readFileSync(resolve(dirname(file), path), "utf8");
  } catch (error) {
    throw new ConnectionError(`kubeconfig ${file}: ${key} ${path}: ${fileFault(error)}`);
  }
}

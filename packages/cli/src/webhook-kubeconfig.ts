import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { WebhookTarget } from "@sallyport/apiserver";
import { parse } from "yaml";
import { reasonOf, UsageError } from "./errors.ts";

interface Named<Key extends string> {
  readonly name?: string;
  readonly value?: Key;
}

export type Fields = { readonly [field: string]: string | boolean | undefined };

export interface Kubeconfig {
  readonly clusters?: readonly (Named<"cluster"> & { readonly cluster?: Fields })[];
  readonly users?: readonly (Named<"user"> & { readonly user?: Fields })[];
  readonly contexts?: readonly (Named<"context"> & { readonly context?: Fields })[];
  readonly "current-context"?: string;
}

/** The service that the current context of a kubeconfig names. Throws `UsageError`; never tells what keys or tokens are. */
export function webhookTarget(flag: string, file: string): WebhookTarget {
  const config = readConfig(flag, file);
  const fault = (why: string) => new UsageError(`${flag} ${file}: ${why}`);
  const current = config["current-context"] ?? "";
  const context = config.contexts?.find(({ name }) => name === current)?.context;
  if (context === undefined) throw fault(`no context ${JSON.stringify(current)}`);
  const cluster = config.clusters?.find(({ name }) => name === context["cluster"])?.cluster;
  if (cluster === undefined) throw fault(`no cluster ${JSON.stringify(context["cluster"] ?? "")}`);
  const user = config.users?.find(({ name }) => name === context["user"])?.user ?? {};
  const url = String(cluster["server"] ?? "");
  if (!/^https?:\/\/./.test(url)) throw fault("the cluster's server is no URL");
  const read = (fields: Fields, key: string) => pemOf(fields, key, file, fault);
  const target = {
    ca: read(cluster, "certificate-authority"),
    cert: read(user, "client-certificate"),
    key: read(user, "client-key"),
    token: user["token"] === undefined ? undefined : String(user["token"]),
  };
  const given = Object.fromEntries(Object.entries(target).filter(([, value]) => value !== undefined));
  return { url, ...given, insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] === true };
}

/** Throws `UsageError`. */
export function readConfig(flag: string, file: string): Kubeconfig {
  try {
    return (parse(readFileSync(file, "utf8"), { logLevel: "error", uniqueKeys: false }) ?? {}) as Kubeconfig;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === undefined ? "not YAML" : reasonOf(error);
    throw new UsageError(`${flag} ${file}: ${why}`);
  }
}

/** Within the file in base64 (`KEY-data`), or in another file beside it. */
export function pemOf(
  fields: Fields,
  key: string,
  file: string,
  fault: (why: string) => UsageError,
): string | undefined {
  const data = fields[`${key}-data`];
  if (data !== undefined) return Buffer.from(String(data), "base64").toString("utf8");
  const path = fields[key];
  if (path === undefined) return undefined;
  try {
    return readFileSync(resolve(dirname(file), String(path)), "utf8");
  } catch (error) {
    throw fault(`${key} ${String(path)}: ${reasonOf(error)}`);
  }
}

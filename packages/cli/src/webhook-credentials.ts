import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { WebhookCredentials } from "@sallyport/admission";
import { reasonOf, UsageError } from "./errors.ts";
import { type Fields, pemOf, readConfig } from "./webhook-kubeconfig.ts";

/** What a user of the file shows; made at each call, as the file of a token changes. */
type Shown = () => WebhookCredentials;

const nobody: Shown = () => ({});

/**
 * What is shown to webhooks: users of a kubeconfig that are named after the servers that they are for. Throws `UsageError` for users that
 * cannot be shown whole; never tells what keys, passwords or tokens are.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#authenticate-apiservers
 */
export function webhookCredentials(flag: string, file: string): (server: string) => WebhookCredentials {
  const { users = [], contexts = [], "current-context": current } = readConfig(flag, file);
  const shown = new Map(users.map(({ name = "", user = {} }) => [name, shownBy(user, name, flag, file)]));
  const standard = String(contexts.find(({ name }) => name === current)?.context?.["user"] ?? "");
  return (server) => {
    const name = namesFor(server).find((each) => shown.has(each)) ?? standard;
    return (shown.get(name) ?? nobody)();
  };
}

/** The names by which a server's user is looked for, in order: with the port, without that of https, and the one for all. */
function namesFor(server: string): readonly string[] {
  const host = server.endsWith(":443") ? [server.slice(0, -":443".length)] : [];
  return [...[server, ...host].flatMap(withStars), "*"];
}

/** The name, and each that stands for all names below a domain of it. */
function withStars(name: string): readonly string[] {
  const parts = name.split(".");
  return [name, ...parts.slice(1).map((_, at) => `*.${parts.slice(at + 1).join(".")}`)];
}

const unsupported = ["exec", "auth-provider", "as", "as-uid", "as-groups", "as-user-extra"] as const;

function shownBy(user: Fields, name: string, flag: string, file: string): Shown {
  const fault = (why: string): UsageError => new UsageError(`${flag} ${file}: user ${JSON.stringify(name)}: ${why}`);
  const other = unsupported.find((field) => user[field] !== undefined);
  if (other !== undefined)
    throw fault(`${other} is not supported; token, tokenFile, username with password, or client-certificate are`);
  const [cert, key] = ["client-certificate", "client-key"].map((each) => pemOf(user, each, file, fault));
  if ((cert === undefined) !== (key === undefined)) throw fault("client-certificate and client-key belong together");
  const certificate = cert === undefined || key === undefined ? {} : { cert, key };
  const { username = "", password = "" } = user;
  const isBasic = username !== "" || password !== "";
  const token = tokenOf(user, file, fault);
  if (isBasic && token !== undefined) throw fault("username/password or a token may be set, but not both");
  if (token !== undefined) return () => ({ ...certificate, authorization: `Bearer ${token()}` });
  const basic = Buffer.from(`${username}:${password}`).toString("base64");
  const all = isBasic ? { ...certificate, authorization: `Basic ${basic}` } : certificate;
  return () => all;
}

/** A token in a file is read at each call; while it cannot be, the last one is shown. */
function tokenOf(
  { token, tokenFile }: Fields,
  file: string,
  fault: (why: string) => UsageError,
): (() => string) | undefined {
  if (token) return () => String(token);
  if (!tokenFile) return undefined;
  const path = resolve(dirname(file), String(tokenFile));
  const read = () => readFileSync(path, "utf8").trim();
  let last: string;
  try {
    last = read();
  } catch (error) {
    throw fault(`tokenFile ${path}: ${reasonOf(error)}`);
  }
  return () => {
    try {
      last = read();
    } catch {
      // As client-go: what replaces the file has not put it there yet.
    }
    return last;
  };
}

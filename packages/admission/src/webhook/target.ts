import type { ObjectReader, WebhookPost } from "../snapshot.ts";
import { CallError } from "./call-error.ts";

/** How a webhook is reached: admissionregistration.k8s.io/v1 and apiextensions.k8s.io/v1 WebhookClientConfig. */
export interface ClientConfig {
  readonly url?: string;
  readonly service?: {
    readonly namespace?: string;
    readonly name?: string;
    readonly path?: string;
    readonly port?: number;
  };
  /** PEM in base64. */
  readonly caBundle?: string;
}

type Target = Pick<WebhookPost, "url" | "address" | "serverName" | "caBundle">;

/** Where a webhook is: a service is called by its name, and reached at its address. Throws `CallError`. */
export function targetOf(
  { url, service, caBundle = "" }: ClientConfig,
  reader: ObjectReader,
  timeoutSeconds: number,
): Target {
  const query = `?timeout=${timeoutSeconds}s`;
  const trusted = caBundle === "" ? {} : { caBundle: atob(caBundle) };
  if (service === undefined) {
    if (url === undefined) throw new CallError("webhook configuration must have either service or URL", 500);
    const { origin, pathname } = new URL(url);
    return { url: `${originOf(url) ?? origin}${joined(pathname)}${query}`, ...trusted };
  }
  const { namespace = "", name = "", path = "", port = 443 } = service;
  const serverName = `${name}.${namespace}.svc`;
  const named = `https://${serverName}:${port}${joined(path)}${query}`;
  const found = addressOf(namespace, name, port, reader);
  if ("fault" in found) throw new CallError(`Post ${JSON.stringify(named)}: ${found.fault}`);
  return { url: named, serverName, address: found, ...trusted };
}

/** Scheme, host and port as they were written: a URL of its own leaves port 443 out. */
function originOf(url: string): string | undefined {
  return /^https?:\/\/[^/?#]+/i.exec(url)?.[0];
}

/** As Go joins paths: without empty parts, and none at the end. */
function joined(path: string): string {
  return new URL(`https://h/${path}`).pathname.replaceAll(/\/+/g, "/").replace(/(?<=.)\/$/, "");
}

/** As kube-apiserver resolves services without asking for their endpoints. */
function addressOf(
  namespace: string,
  name: string,
  port: number,
  reader: ObjectReader,
): { readonly host: string; readonly port: number } | { readonly fault: string } {
  const found = reader.get("", "services", namespace, name);
  if (found === undefined) return { fault: `service ${JSON.stringify(name)} not found` };
  const {
    type,
    clusterIP = "",
    externalName = "",
    ports = [],
  } = (found["spec"] ?? {}) as {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly externalName?: string;
    readonly ports?: readonly { readonly port: number }[];
  };
  if (type === "ExternalName") return { host: externalName, port };
  if (clusterIP === "None") return { fault: 'cannot route to service with ClusterIP "None"' };
  if (!ports.some((each) => each.port === port))
    return { fault: `no service port ${port} found for service ${JSON.stringify(name)}` };
  return { host: clusterIP, port };
}

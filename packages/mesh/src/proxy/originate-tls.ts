import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  getCACertificates,
  type PeerCertificate,
  type TLSSocket,
} from "node:tls";
import type { Origination } from "../policy/client-tls.ts";
import { ConnectionRefusal } from "./proxied-connection.ts";
import type { OutboundTarget } from "./proxy-config.ts";

/**
 * Begins TLS that is not the mesh's, as a DestinationRule with SIMPLE or MUTUAL wants it. The server is checked by the roots of the
 * rule's file, or of this machine, and by the names of the rule, or of the service. Rejects with `ConnectionRefusal`: nothing was sent then.
 */
export async function originateTls(raw: Socket, target: OutboundTarget, timeoutMs: number): Promise<TLSSocket> {
  const { ip, port, origination } = target;
  const refused = (text: string) => new ConnectionRefusal("failed", `${ip}:${port}: ${text}`);
  try {
    if (origination === undefined) throw new Error("no rule says which TLS");
    return await secured(raw, await optionsOf(origination, target), timeoutMs);
  } catch (error) {
    raw.destroy();
    throw refused((error as Error).message);
  }
}

async function optionsOf(rule: Origination, { protocol }: OutboundTarget): Promise<ConnectionOptions> {
  const { mode, host, sni, subjectAltNames: names = [], insecureSkipVerify = false } = rule;
  if (rule.credentialName)
    throw new Error(`credentialName ${rule.credentialName}: Secrets are not read by sidecars; name files`);
  const serverName = sni || host;
  return {
    minVersion: "TLSv1.2",
    ...(serverName !== "" && { servername: serverName }),
    ...(await ownCertificate(rule)),
    ca: await rootsOf(rule),
    ...(rule.caCrl && { crl: await textOf("caCrl", rule.caCrl) }),
    ...(offered[protocol] !== undefined && { ALPNProtocols: offered[protocol] }),
    rejectUnauthorized: !insecureSkipVerify,
    checkServerIdentity: (_name, certificate) =>
      insecureSkipVerify ? undefined : nameFault(certificate, names.length > 0 ? names : [serverName], mode),
  };
}

/** As Istio's clients offer it for what will be spoken inside. */
const offered: { readonly [protocol: string]: string[] } = { http: ["http/1.1"], http2: ["h2"], grpc: ["h2"] };

async function ownCertificate(rule: Origination): Promise<Pick<ConnectionOptions, "cert" | "key">> {
  if (rule.mode === "SIMPLE") return {};
  const { clientCertificate = "", privateKey = "" } = rule;
  return {
    cert: await textOf("clientCertificate", clientCertificate),
    key: await textOf("privateKey", privateKey),
  };
}

async function rootsOf({ caCertificates = "system" }: Origination): Promise<string | string[]> {
  return caCertificates === "system" || caCertificates === ""
    ? getCACertificates("system")
    : textOf("caCertificates", caCertificates);
}

/** Files are read for each connection: they are renewed without a word. */
async function textOf(field: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`${field} ${path}: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
  }
}

/** One of the names must be the server's: a URI or an address as it is, a name of DNS also by a star in the certificate. */
function nameFault(certificate: PeerCertificate, names: readonly string[], mode: string): Error | undefined {
  const own = (certificate.subjectaltname ?? "").split(", ").map((each) => each.replace(/^(URI|IP Address):/, ""));
  const isOne = names.some(
    (name) => name !== "" && (own.includes(name) || checkServerIdentity(name, certificate) === undefined),
  );
  if (isOne) return undefined;
  const told = certificate.subjectaltname ?? "no names";
  return new Error(
    `${mode}: the server is ${told}; expected ${names.filter(Boolean).join(" or ") || "a name, and none is known"}`,
  );
}

function secured(raw: Socket, options: ConnectionOptions, timeoutMs: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...options, socket: raw });
    const timer = setTimeout(() => fail(new Error(`no handshake within ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const closed = () => fail(new Error("the server closed the connection in its handshake"));
    // Also later: a reset is told of both.
    raw.on("error", fail);
    socket.once("error", fail).once("close", closed);
    socket.once("secureConnect", () => {
      clearTimeout(timer);
      socket.off("error", fail).off("close", closed);
      resolve(socket);
    });
  });
}

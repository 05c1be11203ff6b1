import "reflect-metadata";
import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import * as x509 from "@peculiar/x509";
import type { UserInfo } from "@sallyport/admission";
import { connectionOf } from "../http/http2.ts";
import { AuthenticationError, type Authenticator } from "./authenticator.ts";

/** The attribute of a subject that is a user's uid. */
const uidAttribute = "1.3.6.1.4.1.57683.2";

/** A client certificate of a connection that one of the authorities signed. */
export interface ClientCertificate {
  readonly user: UserInfo;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/**
 * Reads the certificates of connections; undefined for a connection without. Throws `AuthenticationError` for one that none of the
 * authorities signed, or that has expired. A connection's certificate never changes, and reading it costs more than all else of a small
 * request.
 */
export function certificateReader(
  authorities: readonly string[],
  now: () => number,
): (socket: TLSSocket) => ClientCertificate | undefined {
  const roots = authorities.flatMap(certificatesOf);
  const read = new WeakMap<TLSSocket, ClientCertificate | "absent" | "foreign">();
  return (socket) => {
    let known = read.get(socket);
    if (known === undefined) {
      known = readCertificate(socket, roots);
      read.set(socket, known);
    }
    if (known === "absent") return undefined;
    if (known === "foreign") throw new AuthenticationError("x509: certificate signed by unknown authority");
    if (known.expires <= now()) throw new AuthenticationError("x509: certificate has expired or is not yet valid");
    return known;
  };
}

/** Common name, organisations and uid of a certificate that one of the authorities signed. `onUse` is told how many seconds it is still good for. */
export function clientCertificates(
  authorities: readonly string[],
  now: () => number,
  onUse: (seconds: number) => void = () => {},
): Authenticator {
  const certificateOf = certificateReader(authorities, now);
  return {
    authenticate: (request: IncomingMessage) => {
      const found = certificateOf(connectionOf(request));
      if (found === undefined) return undefined;
      onUse((found.expires - now()) / 1000);
      return found.user.username === "" ? undefined : { user: found.user };
    },
  };
}

function certificatesOf(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** TLS has checked the chain against all authorities of the server; here is asked whether it ends at one of these. */
function readCertificate(
  socket: TLSSocket,
  roots: readonly X509Certificate[],
): ClientCertificate | "absent" | "foreign" {
  const leaf = socket.getPeerX509Certificate();
  if (leaf === undefined) return "absent";
  if (!socket.authorized || !endsAt(leaf, roots)) return "foreign";
  const { subjectName } = new x509.X509Certificate(leaf.raw);
  const uid = subjectName.getField(uidAttribute)[0];
  const user = {
    username: subjectName.getField("CN")[0] ?? "",
    groups: subjectName.getField("O"),
    ...(uid === undefined ? {} : { uid }),
    extra: { "authentication.kubernetes.io/credential-id": [`X509SHA256=${digestOf(leaf)}`] },
  };
  return { user, expires: Date.parse(leaf.validTo) };
}

function digestOf({ fingerprint256 }: X509Certificate): string {
  return fingerprint256.replaceAll(":", "").toLowerCase();
}

/** Longer chains are nobody's. */
const maxChain = 10;

function endsAt(leaf: X509Certificate, roots: readonly X509Certificate[]): boolean {
  let current: X509Certificate | undefined = leaf;
  for (let i = 0; i < maxChain && current !== undefined; i++) {
    const each: X509Certificate = current;
    if (roots.some((root) => each.checkIssued(root) && each.verify(root.publicKey))) return true;
    current = each.issuerCertificate === each ? undefined : each.issuerCertificate;
  }
  return false;
}

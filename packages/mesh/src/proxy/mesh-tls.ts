import { connect as connectTcp, type Socket } from "node:net";
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
} from "node:tls";
import { type PeerIdentity, validatePeer } from "../identity/validate-peer.ts";
import type { CertificateSource, WorkloadCertificate } from "../identity/workload-certificate.ts";
import { connectionBeneath } from "./connection-beneath.ts";
import { offeredProtocols, servedProtocols } from "./mesh-protocols.ts";
import type { OutboundTarget } from "./proxy-config.ts";

/** A connection whose other end has proved who it is. */
export interface MutualConnection {
  readonly socket: TLSSocket;
  readonly peer: PeerIdentity;
}

/** Why there is none: nothing was sent to, or taken from, the other end. The message is a sentence without its subject, or OpenSSL's. */
export class MutualTlsError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "MutualTlsError";
  }
}

/** AEAD alone, as Istio's proxies have it for TLS 1.2; those of 1.3 are all. */
const ciphers =
  "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256";

const wanted: SecureContextOptions = {
  minVersion: "TLSv1.2",
  ciphers: `TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:${ciphers}`,
  ecdhCurve: "X25519:P-256",
};

/** Servers whose sessions are kept for the next connection; the oldest go first. */
const maxSessions = 1024;

/** What chains have at most; what is longer is refused before it is read. */
const maxChain = 10;

interface Options {
  readonly source: CertificateSource;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds that a handshake may take, on either side. */
  readonly handshakeTimeoutMs: number;
}

/**
 * TLS of the mesh, both ends, with the certificate that is current: connections that are there go on when the next one comes. Peers are
 * checked with SPIFFE's rules for each connection, resumed or not: a session never outlives what its peer proved.
 */
export class MeshTls {
  readonly #options: Options;
  readonly #unsubscribe: () => void;
  #certificate: WorkloadCertificate | undefined;
  #client: SecureContext | undefined;
  /** One that names the mesh's protocols, and one that names none, for clients that name others. */
  #servers: { readonly mesh: Server; readonly any: Server } | undefined;
  readonly #handshakes = new WeakMap<Socket, Handshake>();
  readonly #sessions = new Map<string, KnownSession>();

  constructor(options: Options) {
    this.#options = options;
    this.#unsubscribe = options.source.onChange((next) => this.#use(next));
    if (options.source.current !== undefined) this.#use(options.source.current);
  }

  /** None until the first has come. */
  get certificate(): WorkloadCertificate | undefined {
    return this.#certificate;
  }

  close(): void {
    this.#unsubscribe();
  }

  /** Ends TLS of a client whose hello is still to be read from the socket. Rejects with `MutualTlsError`; the socket is destroyed then. */
  accept(raw: Socket, offersMesh: boolean): Promise<MutualConnection> {
    const servers = this.#servers;
    if (raw.destroyed) return Promise.reject(new MutualTlsError("the client went away before its handshake"));
    if (servers === undefined) {
      raw.destroy();
      return Promise.reject(new MutualTlsError("we have no certificate yet"));
    }
    return new Promise((resolve, reject) => {
      const limit = this.#options.handshakeTimeoutMs;
      // Node does not see each reset; its own limit is told of a connection that may be gone, and later.
      const timer = setTimeout(() => fail(new MutualTlsError(`no handshake within ${limit} ms`)), limit);
      const done = () => {
        clearTimeout(timer);
        this.#handshakes.delete(raw);
      };
      const fail = (error: Error) => {
        done();
        raw.destroy();
        reject(error instanceof MutualTlsError ? error : new MutualTlsError(`TLS failed: ${error.message}`, error));
      };
      this.#handshakes.set(raw, {
        fail,
        secured: (socket) => {
          done();
          // What comes now is for the application: it waits until somebody reads.
          socket.pause();
          try {
            resolve({ socket, peer: this.#checked(socket) });
          } catch (error) {
            socket.destroy();
            fail(error as Error);
          }
        },
      });
      raw.once("close", () =>
        this.#handshakes.get(raw)?.fail(new MutualTlsError("the client went away in its handshake")),
      );
      servers[offersMesh ? "mesh" : "any"].emit("connection", raw);
    });
  }

  /** Connects to one of the target's identities. Rejects with `MutualTlsError`, before a byte of the application is sent. */
  connect(target: OutboundTarget): Promise<MutualConnection> {
    const context = this.#client;
    if (context === undefined) return Promise.reject(new MutualTlsError("we have no certificate yet"));
    const key = `${target.ip} ${target.port} ${target.serverName ?? ""}`;
    const known = this.#sessions.get(key);
    return new Promise((resolve, reject) => {
      const raw = connectTcp({ host: target.ip, port: target.port, allowHalfOpen: true, noDelay: true });
      const options: ConnectionOptions = {
        socket: raw,
        secureContext: context,
        ALPNProtocols: [...offeredProtocols(target.protocol)],
        // Whom the chain leads to, and who it names, is checked by SPIFFE's rules below.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
        ...(target.serverName !== undefined && { servername: target.serverName }),
        ...(known !== undefined && { session: known.session }),
      };
      const socket = connect(options);
      const timer = setTimeout(
        () => fail(new MutualTlsError(`no handshake within ${this.#options.handshakeTimeoutMs} ms`)),
        this.#options.handshakeTimeoutMs,
      );
      const fail = (error: Error) => {
        clearTimeout(timer);
        this.#sessions.delete(key);
        socket.destroy();
        reject(error instanceof MutualTlsError ? error : new MutualTlsError(error.message, error));
      };
      const closed = () => fail(new MutualTlsError("the server closed the connection in its handshake"));
      raw.once("error", fail);
      socket.once("error", fail).once("close", closed);
      socket.once("secureConnect", () => {
        clearTimeout(timer);
        try {
          const peer = socket.isSessionReused() ? this.#stillProved(known) : this.#checked(socket);
          checkIdentity(peer, target.identities);
          // A server offers sessions for as long as it lives; one that is in use is not replaced by each.
          if (!socket.isSessionReused())
            socket.once("session", (session) => {
              // Of the certificate and the roots of before, nothing is kept.
              if (this.#client === context) this.#keep(key, { session, peer });
            });
          socket.off("error", fail).off("close", closed);
          resolve({ socket, peer });
        } catch (error) {
          fail(error as Error);
        }
      });
    });
  }

  /** Who the other end is: as SPIFFE's rules say, and OpenSSL's beside them. */
  #checked(socket: TLSSocket): PeerIdentity {
    const { bundles } = this.#certificate as WorkloadCertificate;
    const chain = chainOf(socket);
    if (chain.length === 0) throw new MutualTlsError("it shows no certificate");
    const told = validatePeer(chain, bundles, this.#options.now());
    if (told.kind === "fault") throw new MutualTlsError(`its certificate ${told.message}`);
    if (!socket.authorized) throw new MutualTlsError(`its certificate is refused: ${socket.authorizationError}`);
    return told;
  }

  /** A session is resumed by nobody but who made it, and OpenSSL does not show its certificate again. */
  #stillProved(known: KnownSession | undefined): PeerIdentity {
    if (known === undefined || this.#options.now() >= known.peer.notAfter)
      throw new MutualTlsError("the certificate that its session rests on has ended");
    return known.peer;
  }

  #keep(key: string, session: KnownSession): void {
    if (this.#sessions.size >= maxSessions) this.#sessions.delete(this.#sessions.keys().next().value as string);
    this.#sessions.set(key, session);
  }

  #use(certificate: WorkloadCertificate): void {
    const roots = [...certificate.bundles.values()].flat();
    const own = { ...wanted, cert: certificate.chain, key: certificate.key, ca: roots };
    this.#client = createSecureContext(own);
    this.#sessions.clear();
    this.#certificate = certificate;
    if (this.#servers === undefined)
      this.#servers = { mesh: this.#server(own, servedProtocols), any: this.#server(own, []) };
    else for (const server of [this.#servers.mesh, this.#servers.any]) server.setSecureContext(own);
  }

  /** By the connection itself: the kernel has no addresses for one that was reset. */
  #handshakeOf(socket: TLSSocket): Handshake | undefined {
    const raw = connectionBeneath(socket);
    return raw && this.#handshakes.get(raw);
  }

  #server(own: SecureContextOptions, protocols: readonly string[]): Server {
    const server = createServer({
      ...own,
      requestCert: true,
      // Here too it is checked below; refusals then say why.
      rejectUnauthorized: false,
      allowHalfOpen: true,
      ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
    });
    server.on("secureConnection", (socket) => this.#handshakeOf(socket)?.secured(socket));
    server.on("tlsClientError", (error, socket) => this.#handshakeOf(socket)?.fail(error));
    return server;
  }
}

/** A session, and who the server proved to be when it was made. */
interface KnownSession {
  readonly session: Buffer;
  readonly peer: PeerIdentity;
}

interface Handshake {
  readonly secured: (socket: TLSSocket) => void;
  readonly fail: (error: Error) => void;
}

/** DER, the leaf first. */
function chainOf(socket: TLSSocket): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  for (
    let each = socket.getPeerX509Certificate();
    each !== undefined && chain.length <= maxChain;
    each = each.issuerCertificate
  )
    chain.push(each.raw);
  return chain;
}

function checkIdentity({ id }: PeerIdentity, identities: readonly string[]): void {
  if (identities.length > 0 && !identities.includes(id))
    throw new MutualTlsError(`the server is ${id}; expected ${identities.join(" or ")}`);
}

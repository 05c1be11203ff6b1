import type { AddressInfo } from "node:net";
import { createServer, type Server as TlsServer } from "node:tls";
import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { closed, grpcMethod } from "@sallyport/grpc";
import { TokenRefused } from "../../token-review.ts";
import type { Authority } from "../authority/authority.ts";
import { AuthorityError } from "../authority/authority-state.ts";
import { requestFault } from "../authority/request-fault.ts";
import { SpiffeIdError, serviceAccountId } from "../spiffe-id.ts";
import { type CertificateRequest, parseCertificateRequest } from "../x509/certificate-request.ts";
import { DerError } from "../x509/der-reader.ts";
import type { TokenHolder } from "./account-token.ts";
import {
  type CertificateRequestMessage,
  type CertificateResponseMessage,
  certificateRequest,
  certificateResponse,
} from "./wire.ts";

/** What is told of a call, for a log and for metrics. */
export interface CertificateCall {
  /** A code of gRPC: `OK`, `UNAUTHENTICATED`. */
  readonly code: string;
  readonly seconds: number;
  readonly id?: string;
  readonly notAfter?: number;
  /** Why not, also what the caller is not told. */
  readonly fault?: string;
}

export interface CertificateServiceOptions {
  readonly authority: Authority;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** The certificate that callers see. */
  readonly serving: () => ServingCertificate;
  /** Rejects with `TokenRefused`. */
  readonly review: (token: string) => Promise<TokenHolder>;
  readonly defaultLifeMs: number;
  readonly longestLifeMs: number;
  readonly onCall: (call: CertificateCall) => void;
}

/** PEM. */
export interface ServingCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateService {
  readonly port: number;
  /** Shows another certificate to those who connect from now on. */
  readonly renew: () => void;
  readonly close: (graceMs: number) => Promise<void>;
}

/** Requests are a few kilobytes. */
const maxMessageBytes = 256 * 1024;

/** Serves Istio's `istio.v1.auth.IstioCertificateService` over TLS. Rejects when nobody can listen there. */
export async function serveCertificates(options: CertificateServiceOptions): Promise<CertificateService> {
  const server = new Server({ "grpc.max_receive_message_length": maxMessageBytes });
  server.addService(
    { CreateCertificate: createCertificate },
    {
      CreateCertificate: (call: Call, reply: sendUnaryData<CertificateResponseMessage>) =>
        void answer(options, call, reply),
    },
  );
  // Its own listener, so that a new certificate is shown without a new one.
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const tls = createServer({ ...contextOf(options.serving()), ALPNProtocols: ["h2"], handshakeTimeout: 10_000 });
  tls.on("secureConnection", (socket) => injector.injectConnection(socket));
  // Who does not speak TLS, or hangs up in the middle of it.
  tls.on("tlsClientError", (_, socket) => socket.destroy());
  await listening(tls, options);
  return {
    port: (tls.address() as AddressInfo).port,
    renew: () => tls.setSecureContext(contextOf(options.serving())),
    close: async (graceMs) => {
      tls.close();
      await closed(server, graceMs);
    },
  };
}

export const createCertificate = grpcMethod(
  "/istio.v1.auth.IstioCertificateService/CreateCertificate",
  certificateRequest,
  certificateResponse,
);

type Call = ServerUnaryCall<CertificateRequestMessage, CertificateResponseMessage>;

function contextOf({ certificate, key }: ServingCertificate) {
  return { cert: certificate, key, minVersion: "TLSv1.2" as const };
}

function listening(server: TlsServer, { host, port }: CertificateServiceOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host === "" ? undefined : host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** A call that is refused: its code, what the caller is told, and what a log is. */
class Refusal extends Error {
  readonly code: status;
  readonly told: string;

  constructor(code: status, told: string, logged = told) {
    super(logged);
    this.name = "Refusal";
    this.code = code;
    this.told = told;
  }
}

async function answer(
  options: CertificateServiceOptions,
  { request, metadata }: Call,
  reply: sendUnaryData<CertificateResponseMessage>,
): Promise<void> {
  const from = performance.now();
  const caller: { id?: string } = {};
  const tell = (code: status, more: Pick<CertificateCall, "notAfter" | "fault">) =>
    options.onCall({ code: status[code] ?? "UNKNOWN", seconds: (performance.now() - from) / 1000, ...caller, ...more });
  try {
    const id = await idOfCaller(options, metadata);
    caller.id = id;
    const { chain, notAfter } = issued(options, request, id);
    reply(null, { certChain: [...chain, options.authority.roots.join("")] });
    tell(status.OK, { notAfter });
  } catch (error) {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal(status.INTERNAL, "the authority failed; its log says why", String(error));
    reply({ code: refusal.code, details: refusal.told });
    tell(refusal.code, { fault: refusal.message });
  }
}

/** By the token alone. */
async function idOfCaller({ authority, review }: CertificateServiceOptions, metadata: Metadata): Promise<string> {
  const [given] = metadata.get("authorization");
  const [, token] = /^Bearer ([!-~]+)$/i.exec(String(given ?? "")) ?? [];
  if (token === undefined)
    throw new Refusal(status.UNAUTHENTICATED, "expected authorization: Bearer TOKEN, of the pod's service account");
  try {
    const { namespace, serviceAccount } = await review(token);
    return serviceAccountId(authority.trustDomain, namespace, serviceAccount);
  } catch (error) {
    const { message } = error as Error;
    // What the API server says of a token might help who guesses.
    if (error instanceof TokenRefused) throw new Refusal(status.UNAUTHENTICATED, "the token was refused", message);
    if (error instanceof SpiffeIdError) throw new Refusal(status.PERMISSION_DENIED, message);
    throw new Refusal(status.UNAVAILABLE, "the token could not be checked: the API server is away", message);
  }
}

function issued(
  { authority, defaultLifeMs, longestLifeMs }: CertificateServiceOptions,
  { csr, validityDuration }: CertificateRequestMessage,
  id: string,
) {
  const lifeMs = validityDuration <= 0 ? defaultLifeMs : validityDuration * 1000;
  if (lifeMs > longestLifeMs)
    throw new Refusal(
      status.INVALID_ARGUMENT,
      `a life of ${validityDuration} s: ${longestLifeMs / 1000} s is the most`,
    );
  const { publicKey } = judgedRequest(csr, id);
  try {
    return authority.issue({ publicKey, id, lifeMs });
  } catch (error) {
    if (error instanceof AuthorityError) throw new Refusal(status.UNAVAILABLE, error.message);
    throw error;
  }
}

function judgedRequest(csr: string, id: string): CertificateRequest {
  try {
    const request = parseCertificateRequest(csr);
    const fault = requestFault(request, id);
    if (fault !== undefined) throw new Refusal(status.INVALID_ARGUMENT, `the request is refused: ${fault}`);
    return request;
  } catch (error) {
    if (error instanceof DerError)
      throw new Refusal(status.INVALID_ARGUMENT, `the request cannot be read: ${error.message}`);
    throw error;
  }
}

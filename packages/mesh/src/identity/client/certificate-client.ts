import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { createCertificate } from "../serving/certificate-service.ts";

/** Where an authority is asked. */
export interface AuthorityAddress {
  /** `HOST:PORT`. */
  readonly address: string;
  /** The name in its certificate, where it is not the host's. */
  readonly serverName?: string;
}

export interface CertificateAsk extends AuthorityAddress {
  /** PEM of the roots by which the authority's own certificate is checked. */
  readonly roots: string;
  readonly token: string;
  readonly csr: string;
  readonly lifeMs: number;
  readonly timeoutMs: number;
}

/** A call that failed. `isRefused`: the authority answered, and will answer the same again. */
export class AskFailed extends Error {
  readonly isRefused: boolean;

  constructor(message: string, isRefused: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = "AskFailed";
    this.isRefused = isRefused;
  }
}

const refusals: ReadonlySet<status> = new Set([
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.INVALID_ARGUMENT,
]);

/** Asks for a certificate: PEM of each, the leaf first, and last all roots. Rejects with `AskFailed`. */
export async function askCertificate(ask: CertificateAsk): Promise<readonly string[]> {
  const client = new Client(ask.address, credentials.createSsl(Buffer.from(ask.roots)), {
    // The authority is of the cluster: nothing is asked of the system's proxies.
    "grpc.enable_http_proxy": 0,
    ...(ask.serverName === undefined ? {} : { "grpc.ssl_target_name_override": ask.serverName }),
  });
  try {
    return await answered(client, ask);
  } finally {
    client.close();
  }
}

function answered(client: Client, { token, csr, lifeMs, timeoutMs }: CertificateAsk): Promise<readonly string[]> {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  const message = { csr, validityDuration: Math.round(lifeMs / 1000) };
  const { path, requestSerialize, responseDeserialize } = createCertificate;
  const options = { deadline: Date.now() + timeoutMs };
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, message, metadata, options, (error, value) => {
      if (error !== null) reject(failureOf(error));
      else resolve(value?.certChain ?? []);
    });
  });
}

function failureOf(error: ServiceError): AskFailed {
  return new AskFailed(`${status[error.code]}: ${error.details}`, refusals.has(error.code), { cause: error });
}

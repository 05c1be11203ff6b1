import { createPrivateKey } from "node:crypto";
import { Server, ServerCredentials, type ServerWritableStream, status } from "@grpc/grpc-js";
import { type Codec, closed, empty, grpcMethod } from "@sallyport/grpc";
import type { WatchedSource } from "../client/kept-certificate.ts";
import { formatSpiffeId, parseSpiffeId } from "../spiffe-id.ts";
import type { WorkloadCertificate } from "../workload-certificate.ts";
import { pemBlocks } from "../x509/pem.ts";
import { type X509BundlesResponse, type X509SvidResponse, x509BundlesResponse, x509SvidResponse } from "./wire.ts";

export interface WorkloadApi {
  readonly close: (graceMs: number) => Promise<void>;
}

const path = (method: string) => `/SpiffeWorkloadAPI/${method}`;
const stream = { responseStream: true };
const unused: Codec<object> = empty;

export const workloadMethods = {
  FetchX509SVID: grpcMethod(path("FetchX509SVID"), empty, x509SvidResponse, stream),
  FetchX509Bundles: grpcMethod(path("FetchX509Bundles"), empty, x509BundlesResponse, stream),
};

/** Without JWTs: nobody here signs any. */
const unserved = {
  FetchJWTSVID: grpcMethod(path("FetchJWTSVID"), unused, unused),
  FetchJWTBundles: grpcMethod(path("FetchJWTBundles"), unused, unused, stream),
  ValidateJWTSVID: grpcMethod(path("ValidateJWTSVID"), unused, unused),
};

/**
 * Serves a workload's certificate at `unix:///path` by https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Workload_API.md: whoever
 * can reach the socket is the workload. Each message is all there is, and another one comes when that changes. Rejects when nobody can listen there.
 */
export async function serveWorkloadApi(endpoint: string, source: WatchedSource): Promise<WorkloadApi> {
  const server = new Server();
  server.addService(
    { ...workloadMethods, ...unserved },
    {
      FetchX509SVID: (call: ServerWritableStream<object, X509SvidResponse>) => follow(call, source, svidsOf),
      FetchX509Bundles: (call: ServerWritableStream<object, X509BundlesResponse>) => follow(call, source, bundlesOf),
    },
  );
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(endpoint, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  return { close: (graceMs) => closed(server, graceMs) };
}

/** Until the caller goes. */
function follow<Answer>(
  call: ServerWritableStream<object, Answer>,
  source: WatchedSource,
  answerOf: (certificate: WorkloadCertificate) => Answer,
): void {
  const refusal = refusalOf(call.metadata.get("workload.spiffe.io"), source);
  if (refusal !== undefined) return void call.emit("error", refusal);
  call.write(answerOf(source.current as WorkloadCertificate));
  const stop = source.onChange((certificate) => void call.write(answerOf(certificate)));
  // A client that goes, by its own will or by a connection that breaks; its next call begins anew.
  for (const event of ["cancelled", "close", "error"]) call.on(event, stop);
}

/** Section 6 of the SPIFFE Workload Endpoint: without this header somebody else's code may have been led here. */
function refusalOf(
  header: readonly unknown[],
  source: WatchedSource,
): { readonly code: status; readonly details: string } | undefined {
  if (header.length !== 1 || header[0] !== "true")
    return { code: status.INVALID_ARGUMENT, details: "expected the metadata workload.spiffe.io: true" };
  const { fault, isRefused } = source;
  if (fault === undefined) return undefined;
  return isRefused
    ? { code: status.PERMISSION_DENIED, details: "no identity issued: the authority refused it" }
    : { code: status.UNAVAILABLE, details: fault };
}

function svidsOf({ id, chain, key, bundles }: WorkloadCertificate): X509SvidResponse {
  const own = parseSpiffeId(id).trustDomain;
  const others = [...bundles].filter(([domain]) => domain !== own);
  return {
    svids: [
      {
        spiffeId: id,
        x509Svid: derOf([chain]),
        x509SvidKey: createPrivateKey(key).export({ type: "pkcs8", format: "der" }),
        bundle: derOf(bundles.get(own) ?? []),
      },
    ],
    federatedBundles: byId(others),
  };
}

function bundlesOf({ bundles }: WorkloadCertificate): X509BundlesResponse {
  return { bundles: byId([...bundles]) };
}

function byId(bundles: readonly (readonly [string, readonly string[]])[]): ReadonlyMap<string, Uint8Array> {
  return new Map(bundles.map(([trustDomain, pems]) => [formatSpiffeId({ trustDomain, path: "" }), derOf(pems)]));
}

function derOf(pems: readonly string[]): Buffer {
  return Buffer.concat(pems.flatMap((pem) => pemBlocks(pem, "CERTIFICATE")));
}

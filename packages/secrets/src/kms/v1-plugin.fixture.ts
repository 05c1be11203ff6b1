import { Server, ServerCredentials } from "@grpc/grpc-js";
import { grpcMethod } from "@sallyport/grpc";
import { aesgcm } from "../encryption/aesgcm.ts";
import { v1 } from "./wire.ts";

/** A KMS plugin of version 1 at `unix:///path`, which nobody needs but for what older clusters have written. */
export async function serveV1Plugin(endpoint: string, secret: Uint8Array): Promise<() => void> {
  const cipher = aesgcm(secret);
  const server = new Server();
  server.addService(
    {
      Version: grpcMethod("/v1beta1.KeyManagementService/Version", v1.versionRequest, v1.version),
      Encrypt: grpcMethod("/v1beta1.KeyManagementService/Encrypt", v1.request, v1.answer),
      Decrypt: grpcMethod("/v1beta1.KeyManagementService/Decrypt", v1.request, v1.answer),
    },
    {
      Version: answering(() => ({ version: "v1beta1", name: "test", runtime: "1" })),
      Encrypt: answering((bytes) => ({ bytes: cipher.seal(bytes, "") })),
      Decrypt: answering((bytes) => ({ bytes: cipher.open(bytes, "").value })),
    },
  );
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(endpoint, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  return () => server.forceShutdown();
}

function answering(answer: (bytes: Uint8Array) => object) {
  return (
    { request }: { readonly request: { readonly bytes: Uint8Array } },
    reply: (error: Error | null, value?: object) => void,
  ): void => {
    try {
      reply(null, answer(request.bytes));
    } catch (error) {
      reply(error as Error);
    }
  };
}

import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { type Codec, closed, empty, grpcMethod } from "@sallyport/grpc";
import { KmsError, type KmsService } from "./service.ts";
import { v2 } from "./wire.ts";

/** Larger requests than data keys with what belongs to them are none of an API server's. */
const maxMessageBytes = 1024 * 1024;

/** A plugin that listens. */
export interface PluginServer {
  /** Lets calls that are under way come to their end, but for longer than that. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Serves a key to API servers at `unix:///path` as KMS v2. `onFault` is told of calls that failed. Rejects when nobody can listen there. */
export async function servePlugin(
  endpoint: string,
  service: KmsService,
  onFault: (method: string, error: Error) => void,
): Promise<PluginServer> {
  const server = new Server({ "grpc.max_receive_message_length": maxMessageBytes });
  server.addService(definition, {
    Status: answering("Status", () => service.status(), onFault),
    Encrypt: answering(
      "Encrypt",
      ({ uid, plaintext }: Read<"encryptRequest">) => service.encrypt(uid, plaintext),
      onFault,
    ),
    Decrypt: answering(
      "Decrypt",
      async ({ uid, ...request }: Read<"decryptRequest">) => ({ plaintext: await service.decrypt(uid, request) }),
      onFault,
    ),
  });
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(endpoint, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
  return { close: (graceMs) => closed(server, graceMs) };
}

type Read<Name extends keyof typeof v2> = (typeof v2)[Name] extends Codec<infer Message> ? Message : never;

const definition = {
  Status: grpcMethod("/v2.KeyManagementService/Status", empty, v2.status),
  Encrypt: grpcMethod("/v2.KeyManagementService/Encrypt", v2.encryptRequest, v2.encrypted),
  Decrypt: grpcMethod("/v2.KeyManagementService/Decrypt", v2.decryptRequest, v2.decrypted),
};

function answering<Request, Answer>(
  name: string,
  answer: (request: Request) => Promise<Answer>,
  onFault: (method: string, error: Error) => void,
) {
  return ({ request }: ServerUnaryCall<Request, Answer>, reply: sendUnaryData<Answer>): void => {
    answer(request).then(
      (value) => reply(null, value),
      (error: Error) => {
        onFault(name, error);
        // Words of others' libraries might hold what nobody outside should see.
        const details = error instanceof KmsError ? error.message : "the plugin failed; its log says why";
        reply({ code: status.INTERNAL, details });
      },
    );
  };
}

import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { KmsError, type KmsService } from "./service.ts";
import { type Codec, empty, v2 } from "./wire.ts";

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
  Status: method("Status", empty, v2.status),
  Encrypt: method("Encrypt", v2.encryptRequest, v2.encrypted),
  Decrypt: method("Decrypt", v2.decryptRequest, v2.decrypted),
};

function method<Request, Answer>(name: string, request: Codec<Request>, answer: Codec<Answer>) {
  return {
    path: `/v2.KeyManagementService/${name}`,
    requestStream: false as const,
    responseStream: false as const,
    requestSerialize: (value: Request) => Buffer.from(request.write(value)),
    requestDeserialize: (bytes: Buffer) => request.read(bytes),
    responseSerialize: (value: Answer) => Buffer.from(answer.write(value)),
    responseDeserialize: (bytes: Buffer) => answer.read(bytes),
  };
}

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

async function closed(server: Server, graceMs: number): Promise<void> {
  const timer = setTimeout(() => server.forceShutdown(), graceMs);
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  clearTimeout(timer);
}

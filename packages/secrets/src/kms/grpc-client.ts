import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { type Codec, empty } from "@sallyport/grpc";
import { KmsError, type KmsService, type KmsV1Service, statusCodeOf } from "./service.ts";
import { v1, v2 } from "./wire.ts";

/** A data key and what belongs to it: no answer of a plugin is larger. */
const maxMessageBytes = 1024 * 1024;

/** Told of each call, by its path. */
export type ObserveCall = (path: string, seconds: number, code: string) => void;

/** A plugin of version 2 at `unix:///path`. Calls wait for it to come, so long as `timeoutMs`. */
export function kmsV2Client(endpoint: string, timeoutMs: number, observe: ObserveCall = () => {}): KmsService {
  const client = open(endpoint);
  const call = <Request, Answer>(method: string, request: Codec<Request>, answer: Codec<Answer>, message: Request) =>
    observed(`/v2.KeyManagementService/${method}`, observe, (path) =>
      unary(client, path, request, answer, message, timeoutMs),
    );
  return {
    status: () => call("Status", empty, v2.status, {}),
    encrypt: (uid, plaintext) => call("Encrypt", v2.encryptRequest, v2.encrypted, { plaintext, uid }),
    decrypt: async (uid, request) =>
      (await call("Decrypt", v2.decryptRequest, v2.decrypted, { ...request, uid })).plaintext,
    close: () => client.close(),
  };
}

/** The version that every request and answer of KMS v1 names. */
const version = "v1beta1";

/** A plugin of version 1 at `unix:///path`; it is asked for its version before the first call. */
export function kmsV1Client(endpoint: string, timeoutMs: number): KmsV1Service {
  const client = open(endpoint);
  let isChecked = false;
  const call = async <Request, Answer>(
    method: string,
    request: Codec<Request>,
    answer: Codec<Answer>,
    message: Request,
  ) => {
    const path = (name: string) => `/v1beta1.KeyManagementService/${name}`;
    if (!isChecked) {
      const told = await unary(client, path("Version"), v1.versionRequest, v1.version, { version }, timeoutMs);
      if (told.version !== version)
        throw new KmsError(`version mismatch of kms plugin: the plugin has ${told.version}, kube-apiserver ${version}`);
      isChecked = true;
    }
    return unary(client, path(method), request, answer, message, timeoutMs);
  };
  return {
    encrypt: async (bytes) => (await call("Encrypt", v1.request, v1.answer, { version, bytes })).bytes,
    decrypt: async (bytes) => (await call("Decrypt", v1.request, v1.answer, { version, bytes })).bytes,
    close: () => client.close(),
  };
}

async function observed<Answer>(
  path: string,
  observe: ObserveCall,
  call: (path: string) => Promise<Answer>,
): Promise<Answer> {
  const since = performance.now();
  const tell = (fault?: unknown) => observe(path, (performance.now() - since) / 1000, statusCodeOf(fault));
  try {
    const answer = await call(path);
    tell();
    return answer;
  } catch (error) {
    tell(error);
    throw error;
  }
}

function open(endpoint: string): Client {
  // A name behind @ is abstract: a socket without a file.
  const target = endpoint.replace(/^unix:\/\/\/@/, "unix-abstract:").replace(/^unix:\/\/(?=\/)/, "unix://");
  return new Client(target, credentials.createInsecure(), {
    // Nothing is asked of the system's proxies for a socket of this machine.
    "grpc.enable_http_proxy": 0,
    "grpc.max_receive_message_length": maxMessageBytes,
    // A plugin that restarts is there again within a second, not after minutes.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
  });
}

function unary<Request, Answer>(
  client: Client,
  path: string,
  request: Codec<Request>,
  answer: Codec<Answer>,
  message: Request,
  timeoutMs: number,
): Promise<Answer> {
  const options = { deadline: Date.now() + timeoutMs, waitForReady: true };
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      (value: Request) => Buffer.from(request.write(value)),
      (bytes: Buffer) => answer.read(bytes),
      message,
      new Metadata(options),
      options,
      (error: ServiceError | null, value?: Answer) => {
        if (error !== null) reject(faultOf(error));
        else resolve(value as Answer);
      },
    );
  });
}

/** As Go prints the status of a call. */
function faultOf({ code, details }: ServiceError): KmsError {
  const name = (status[code] ?? "UNKNOWN")
    .split("_")
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join("");
  const known = name === "Cancelled" ? "Canceled" : name;
  return new KmsError(`rpc error: code = ${known} desc = ${details}`, { code: known });
}

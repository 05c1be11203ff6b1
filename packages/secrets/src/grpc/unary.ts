import type { Server } from "@grpc/grpc-js";
import type { Codec } from "../kms/wire.ts";

/** The form in which grpc-js takes a method of one message and one answer. */
export interface UnaryMethod<Request, Answer> {
  readonly path: string;
  readonly requestStream: false;
  readonly responseStream: false;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (value: Answer) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Answer;
}

/** A method of a service, by its full name: `v2.KeyManagementService`. */
export function unaryMethod<Request, Answer>(
  service: string,
  name: string,
  request: Codec<Request>,
  answer: Codec<Answer>,
): UnaryMethod<Request, Answer> {
  return {
    path: `/${service}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (value) => Buffer.from(request.write(value)),
    requestDeserialize: (bytes) => request.read(bytes),
    responseSerialize: (value) => Buffer.from(answer.write(value)),
    responseDeserialize: (bytes) => answer.read(bytes),
  };
}

/** Lets calls that are under way come to their end, but for longer than that. */
export async function closed(server: Server, graceMs: number): Promise<void> {
  const timer = setTimeout(() => server.forceShutdown(), graceMs);
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  clearTimeout(timer);
}

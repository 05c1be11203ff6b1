import type { Server } from "@grpc/grpc-js";
import type { Codec } from "./wire.ts";

/** The form in which grpc-js takes a method of one request, and of one answer or a stream of them. */
export interface GrpcMethod<Request, Answer> {
  readonly path: string;
  readonly requestStream: false;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => Request;
  readonly responseSerialize: (value: Answer) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Answer;
}

/** `path` is that of HTTP/2: `/SERVICE/METHOD`. */
export function grpcMethod<Request, Answer>(
  path: string,
  request: Codec<Request>,
  answer: Codec<Answer>,
  responseStream: boolean,
): GrpcMethod<Request, Answer> {
  return {
    path,
    requestStream: false,
    responseStream,
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

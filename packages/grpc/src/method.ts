import type { Codec } from "./codec.ts";

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

/** `path` is that of HTTP/2: `/SERVICE/METHOD`, the service by its full name. */
export function grpcMethod<Request, Answer>(
  path: string,
  request: Codec<Request>,
  answer: Codec<Answer>,
  { responseStream = false }: { readonly responseStream?: boolean } = {},
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

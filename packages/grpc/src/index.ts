export { closed } from "./closed.ts";
export { type Codec, empty, readFields, readMapEntry, writeBytes, writeMap, writeText } from "./codec.ts";
export { type GrpcMethod, grpcMethod } from "./method.ts";

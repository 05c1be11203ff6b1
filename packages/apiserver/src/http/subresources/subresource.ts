import type { WriteContext } from "../../registry/context.ts";
import type { Call, HandlerOptions } from "../call.ts";

/** A request to a subresource. */
export interface SubresourceCall {
  readonly call: Call;
  /** Of the object that it belongs to. */
  readonly context: WriteContext;
  /** The body, as it came, and its media type. */
  readonly bytes: Buffer;
  readonly type: string;
}

/** A request to be connected, as an object of the API: PodExecOptions and others. */
export interface Connection {
  readonly kind: string;
  readonly options: (call: Call) => { readonly [field: string]: unknown };
}

/** How one subresource is served: it writes the answer, or throws a StatusError. Discovery says which verbs it has. */
export interface Subresource {
  /** `scale`, of any resource; or with its resource: `pods/eviction`. */
  readonly name: string;
  /** Whether it hands the request on as it comes: its body is not read, and any answer may be wished for. */
  readonly isStreamed?: boolean;
  /** What admission is asked before a client is connected. */
  readonly connects?: Connection;
  readonly serve: (request: SubresourceCall, options: HandlerOptions) => Promise<void>;
}

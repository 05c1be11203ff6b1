import type { Socket } from "node:net";
import type { Authorizer, HttpCall } from "../policy/call.ts";
import type { ProxiedConnection } from "./proxied-connection.ts";

/** A connection whose requests are read one by one. */
export interface GatedConnection {
  readonly connection: ProxiedConnection;
  readonly authorizer: Authorizer;
  /** Another connection to the application. */
  readonly reach: () => Promise<Socket>;
}

/** Why a request is refused; undefined where it may go on. */
export function refusal({ connection, authorizer }: GatedConnection, http: HttpCall): string | undefined {
  const { allowed, reason } = authorizer.decide({ ...connection.call, http });
  return allowed ? undefined : reason;
}

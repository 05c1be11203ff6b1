import type { Socket } from "node:net";
import type { Authorizer } from "../policy/call.ts";
import type { ProviderAsker } from "./ext-authz/provider-asker.ts";
import type { ProxiedConnection } from "./proxied-connection.ts";

/** A connection whose requests are read one by one. */
export interface GatedConnection {
  readonly connection: ProxiedConnection;
  readonly authorizer: Authorizer;
  /** Whom CUSTOM policies ask. */
  readonly providers: ProviderAsker;
  /** Another connection to the application. */
  readonly reach: () => Promise<Socket>;
}

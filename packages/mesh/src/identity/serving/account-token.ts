import type { Client } from "@sallyport/cluster";
import { TokenRefused, userOfToken } from "../../token-review.ts";

/** Whose token it is. */
export interface TokenHolder {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/**
 * Asks the API server whose token that is, for one of those audiences. Rejects with `TokenRefused` for one that is nobody's, or of no service
 * account; with the client's errors when the server cannot be asked.
 */
export async function reviewToken(client: Client, token: string, audiences: readonly string[]): Promise<TokenHolder> {
  const { username = "", groups = [] } = await userOfToken(client, token, audiences);
  const [system, kind, namespace, serviceAccount, ...more] = username.split(":");
  const isAccount = system === "system" && kind === "serviceaccount" && more.length === 0;
  if (!isAccount || !namespace || !serviceAccount || !groups.includes("system:serviceaccounts"))
    throw new TokenRefused(`the token is of ${username || "nobody"}, which is no service account`);
  return { namespace, serviceAccount };
}

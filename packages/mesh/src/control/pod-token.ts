import type { Client } from "@sallyport/cluster";
import { TokenRefused, userOfToken } from "../token-review.ts";

/** Which pod shows a token. */
export interface TokenPod {
  readonly namespace: string;
  readonly pod: string;
}

/**
 * Asks the API server of which pod a token is. Rejects with `TokenRefused` for one that is no pod's, or for another audience; with the
 * client's errors when the server cannot be asked.
 */
export async function reviewPodToken(client: Client, token: string, audience: string): Promise<TokenPod> {
  const { username = "", extra = {} } = await userOfToken(client, token, [audience]);
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(username) ?? [];
  const [pod] = extra["authentication.kubernetes.io/pod-name"] ?? [];
  if (namespace === undefined || pod === undefined) throw new TokenRefused(`the token of ${username} is no pod's`);
  return { namespace, pod };
}

import type { Client } from "@sallyport/cluster";

/** Which pod shows a token. */
export interface TokenPod {
  readonly namespace: string;
  readonly pod: string;
}

/** A token by which nobody is told anything; the message is for a log. */
export class TokenRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TokenRefused";
  }
}

interface ReviewStatus {
  readonly authenticated?: boolean;
  readonly error?: string;
  readonly audiences?: readonly string[];
  readonly user?: { readonly username?: string; readonly extra?: { readonly [key: string]: readonly string[] } };
}

/** Longer ones are no tokens of service accounts. */
const maxTokenLength = 32 * 1024;

/**
 * Asks the API server of which pod a token is. Rejects with `TokenRefused` for one that is no pod's, or for another audience; with the
 * client's errors when the server cannot be asked.
 */
export async function reviewPodToken(client: Client, token: string, audience: string): Promise<TokenPod> {
  if (token.length > maxTokenLength) throw new TokenRefused(`a token of more than ${maxTokenLength} characters`);
  const spec = { token, audiences: [audience] };
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec };
  const { status = {} } = (await client.ask("/apis/authentication.k8s.io/v1/tokenreviews", {
    method: "POST",
    body,
  })) as { readonly status?: ReviewStatus };
  if (status.authenticated !== true) throw new TokenRefused(status.error || "the token is not valid");
  if (status.audiences?.includes(audience) !== true) throw new TokenRefused(`the token is not for ${audience}`);
  const { username = "", extra = {} } = status.user ?? {};
  const [, namespace] = /^system:serviceaccount:([^:]+):[^:]+$/.exec(username) ?? [];
  const [pod] = extra["authentication.kubernetes.io/pod-name"] ?? [];
  if (namespace === undefined || pod === undefined) throw new TokenRefused(`the token of ${username} is no pod's`);
  return { namespace, pod };
}

import type { Client } from "@sallyport/cluster";

/** A token by which nobody is told anything: why, for a log; who sent it learns less. */
export class TokenRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TokenRefused";
  }
}

/** Whose token it is, as a TokenReview answers. */
export interface TokenUser {
  readonly username?: string;
  readonly groups?: readonly string[];
  readonly extra?: { readonly [key: string]: readonly string[] };
}

interface ReviewStatus {
  readonly authenticated?: boolean;
  readonly error?: string;
  readonly audiences?: readonly string[];
  readonly user?: TokenUser;
}

/** Tokens of service accounts are a few kilobytes; the API server need not see longer ones. */
const maxTokenLength = 32 * 1024;

/**
 * Asks the API server whose token that is, for one of those audiences. Rejects with `TokenRefused` for one that is nobody's; with the
 * client's errors when the server cannot be asked.
 */
export async function userOfToken(client: Client, token: string, audiences: readonly string[]): Promise<TokenUser> {
  if (token.length > maxTokenLength) throw new TokenRefused(`a token of more than ${maxTokenLength} characters`);
  const spec = { token, ...(audiences.length === 0 ? {} : { audiences }) };
  const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec };
  const { status = {} } = (await client.ask("/apis/authentication.k8s.io/v1/tokenreviews", {
    method: "POST",
    body,
  })) as { readonly status?: ReviewStatus };
  if (status.authenticated !== true) throw new TokenRefused(status.error || "the token is not valid");
  // A server that knows nothing of audiences answers none: then it did not check them.
  if (audiences.length > 0 && !(status.audiences ?? []).some((each) => audiences.includes(each)))
    throw new TokenRefused(`the token is for none of the audiences ${audiences.join(", ")}`);
  return status.user ?? {};
}

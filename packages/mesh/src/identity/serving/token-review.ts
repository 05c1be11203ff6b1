import type { Client } from "@sallyport/cluster";

/** Whose token it is. */
export interface TokenHolder {
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** A token that proves nothing: why, for a log; who sent it learns less. */
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
  readonly user?: { readonly username?: string; readonly groups?: readonly string[] };
}

/** Tokens of service accounts are a few kilobytes; the API server need not see longer ones. */
const maxTokenLength = 32 * 1024;

/**
 * Asks the API server whose token that is, for one of those audiences. Rejects with `TokenRefused` for one that is nobody's, or of no service
 * account; with the client's errors when the server cannot be asked.
 */
export async function reviewToken(client: Client, token: string, audiences: readonly string[]): Promise<TokenHolder> {
  if (token.length > maxTokenLength) throw new TokenRefused(`a token of more than ${maxTokenLength} characters`);
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token, ...(audiences.length === 0 ? {} : { audiences }) },
  };
  const { status = {} } = (await client.ask("/apis/authentication.k8s.io/v1/tokenreviews", {
    method: "POST",
    body,
  })) as {
    readonly status?: ReviewStatus;
  };
  if (status.authenticated !== true) throw new TokenRefused(status.error || "the token is not valid");
  // A server that knows nothing of audiences answers none: then it did not check them.
  if (audiences.length > 0 && !(status.audiences ?? []).some((each) => audiences.includes(each)))
    throw new TokenRefused(`the token is for none of the audiences ${audiences.join(", ")}`);
  return holderOf(status);
}

function holderOf({ user }: ReviewStatus): TokenHolder {
  const [system, kind, namespace, serviceAccount, ...more] = (user?.username ?? "").split(":");
  const isAccount = system === "system" && kind === "serviceaccount" && more.length === 0;
  if (!isAccount || !namespace || !serviceAccount || !(user?.groups ?? []).includes("system:serviceaccounts"))
    throw new TokenRefused(`the token is of ${user?.username || "nobody"}, which is no service account`);
  return { namespace, serviceAccount };
}

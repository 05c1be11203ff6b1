import { createHash } from "node:crypto";
import type { UserInfo } from "@sallyport/admission";
import { type Authenticated, AuthenticationError, type TokenAuthenticator } from "./authenticator.ts";
import { type PostJson, WebhookError } from "./webhook-client.ts";

/** kube-apiserver's `--authentication-token-webhook-*`. */
export interface TokenWebhookOptions {
  readonly post: PostJson;
  readonly version: "v1" | "v1beta1";
  readonly ttlMs: number;
  readonly now: () => number;
}

/** Answers that are kept; a flood of made-up tokens must not fill the memory. */
const maxAnswers = 4096;

interface Status {
  readonly authenticated?: boolean;
  readonly user?: Partial<UserInfo>;
  readonly audiences?: readonly string[];
  readonly error?: string;
}

/** Asks a service with a TokenReview whose a token is. */
export function tokenWebhook(options: TokenWebhookOptions, apiAudiences: readonly string[]): TokenAuthenticator {
  const answers = new Map<string, { readonly found: Authenticated | undefined; readonly until: number }>();
  return {
    authenticate: async (token, audiences) => {
      const key = createHash("sha256")
        .update(JSON.stringify([token, audiences]))
        .digest("base64");
      const known = answers.get(key);
      if (known !== undefined && known.until > options.now()) return known.found;
      const found = resultOf(await ask(options, token, audiences), audiences, apiAudiences);
      if (answers.size >= maxAnswers) answers.delete(answers.keys().next().value as string);
      answers.set(key, { found, until: options.now() + options.ttlMs });
      return found;
    },
  };
}

async function ask(
  { post, version }: TokenWebhookOptions,
  token: string,
  audiences: readonly string[],
): Promise<Status> {
  try {
    const review = { kind: "TokenReview", apiVersion: `authentication.k8s.io/${version}`, spec: { token, audiences } };
    return ((await post(review)) as { readonly status?: Status }).status ?? {};
  } catch (error) {
    if (error instanceof WebhookError) throw new AuthenticationError(error.message);
    throw error;
  }
}

/** A service that names no audiences knows only the API server. */
function resultOf(
  { authenticated, user, audiences, error = "" }: Status,
  wanted: readonly string[],
  apiAudiences: readonly string[],
): Authenticated | undefined {
  const known = audiences?.length ? audiences : apiAudiences;
  const shared = wanted.filter((each) => known.includes(each));
  if (shared.length === 0) return undefined;
  if (authenticated !== true) {
    if (error !== "") throw new AuthenticationError(error);
    return undefined;
  }
  const { username = "", groups = [], uid, extra } = user ?? {};
  return { user: { username, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) }, audiences: shared };
}

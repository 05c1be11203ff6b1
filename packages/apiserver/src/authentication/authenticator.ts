import type { IncomingMessage } from "node:http";
import type { UserInfo } from "@sallyport/admission";

/** Somebody who is known. */
export interface Authenticated {
  readonly user: UserInfo;
  /** Those of the token that were asked for; absent for other credentials. */
  readonly audiences?: readonly string[];
}

/** Credentials that are meant for us and are not good. Says nothing of what they are. */
export class AuthenticationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AuthenticationError";
  }
}

/** One way to know by a connection who sent a request. Undefined when it has no such credentials. */
export interface Authenticator {
  readonly authenticate: (request: IncomingMessage) => Authenticated | undefined;
}

/** One kind of bearer token. Undefined for a token of another kind; throws `AuthenticationError` for a bad one of its own. */
export interface TokenAuthenticator {
  /** `audiences` are those that the token must be for: one of them is enough. */
  readonly authenticate: (
    token: string,
    audiences: readonly string[],
  ) => Authenticated | undefined | Promise<Authenticated | undefined>;
}

/** Tokens that know no audiences are for the API server itself. */
export function forApiServer(
  apiAudiences: readonly string[],
  identify: (token: string) => UserInfo | undefined | Promise<UserInfo | undefined>,
): TokenAuthenticator {
  return {
    authenticate: async (token, audiences) => {
      const shared = apiAudiences.filter((each) => audiences.includes(each));
      if (shared.length === 0) return undefined;
      const user = await identify(token);
      return user === undefined ? undefined : { user, audiences: shared };
    },
  };
}

import type { UserInfo } from "@sallyport/admission";
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import { AuthenticationError, forApiServer, type TokenAuthenticator } from "./authenticator.ts";

/** Somebody whose tokens are taken. */
export interface JwtIssuer {
  readonly url: string;
  /** Where its discovery document is, when not under the issuer's own URL. */
  readonly discoveryUrl?: string;
  /** A token must be for one of them. */
  readonly audiences: readonly string[];
  readonly signingAlgorithms: readonly string[];
  /** Whose a token is by its claims, the signature being good. Throws `AuthenticationError`. */
  readonly userOf: (claims: JWTPayload) => UserInfo;
  /** Reads a document of the issuer. */
  readonly get: (url: string) => Promise<unknown>;
  readonly now: () => number;
}

/** Keys are asked for again, because of an unknown one, at most this often. */
const refreshMs = 10_000;

/** ID tokens of an OpenID Connect issuer. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens */
export function jwtTokens(issuer: JwtIssuer, apiAudiences: readonly string[]): TokenAuthenticator {
  const keys = new IssuerKeys(issuer);
  return forApiServer(apiAudiences, async (token) => {
    if (issuerOf(token) !== issuer.url) return undefined;
    const claims = await verify(token, issuer, keys);
    return withCredentialId(issuer.userOf(claims), claims);
  });
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

async function verify(token: string, issuer: JwtIssuer, keys: IssuerKeys): Promise<JWTPayload> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { payload } = await jwtVerify(token, createLocalJWKSet(await keys.get(attempt > 1)), {
        issuer: issuer.url,
        audience: [...issuer.audiences],
        algorithms: [...issuer.signingAlgorithms],
        currentDate: new Date(issuer.now()),
        requiredClaims: ["exp"],
      });
      return payload;
    } catch (error) {
      if (error instanceof AuthenticationError) throw error;
      if (error instanceof errors.JWKSNoMatchingKey && attempt === 1) continue;
      throw new AuthenticationError(`oidc: verify token: ${(error as Error).message}`);
    }
  }
}

/** By which audits know the token. */
function withCredentialId(user: UserInfo, { jti }: JWTPayload): UserInfo {
  if (!jti) return user;
  return { ...user, extra: { "authentication.kubernetes.io/credential-id": [`JTI=${jti}`], ...user.extra } };
}

/** The issuer's keys, found by its discovery document. */
class IssuerKeys {
  readonly #issuer: JwtIssuer;
  #known: { readonly keys: JSONWebKeySet; readonly at: number } | undefined;

  constructor(issuer: JwtIssuer) {
    this.#issuer = issuer;
  }

  async get(isStale: boolean): Promise<JSONWebKeySet> {
    const { url, discoveryUrl, get, now } = this.#issuer;
    const at = now();
    if (this.#known !== undefined && (!isStale || at - this.#known.at < refreshMs)) return this.#known.keys;
    try {
      const place = discoveryUrl ?? `${url.replace(/\/$/, "")}/.well-known/openid-configuration`;
      const { issuer, jwks_uri } = (await get(place)) as { readonly issuer?: string; readonly jwks_uri?: string };
      if (issuer !== url) throw new Error("the discovery document is of another issuer");
      const keys = (await get(jwks_uri ?? "")) as JSONWebKeySet;
      this.#known = { keys, at };
      return keys;
    } catch (error) {
      throw new AuthenticationError(`oidc: authenticator not initialized: ${(error as Error).message}`);
    }
  }
}

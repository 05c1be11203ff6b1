import type { UserInfo } from "@sallyport/admission";
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import { AuthenticationError, forApiServer, type TokenAuthenticator } from "./authenticator.ts";

/** kube-apiserver's `--oidc-*`. */
export interface OidcOptions {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly usernameClaim: string;
  /** `-` for none; when empty, the issuer and `#`, unless the claim is `email`. */
  readonly usernamePrefix: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix: string;
  readonly requiredClaims: { readonly [claim: string]: string };
  readonly signingAlgorithms: readonly string[];
  /** Reads a document of the issuer. */
  readonly get: (url: string) => Promise<unknown>;
  readonly now: () => number;
}

/** Keys are asked for again, because of an unknown one, at most this often. */
const refreshMs = 10_000;

/** ID tokens of an OpenID Connect issuer. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#openid-connect-tokens */
export function oidcTokens(options: OidcOptions, apiAudiences: readonly string[]): TokenAuthenticator {
  const keys = new IssuerKeys(options);
  return forApiServer(apiAudiences, async (token) => {
    if (issuerOf(token) !== options.issuerUrl) return undefined;
    return userOf(await verify(token, options, keys), options);
  });
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

async function verify(token: string, options: OidcOptions, keys: IssuerKeys): Promise<JWTPayload> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { payload } = await jwtVerify(token, createLocalJWKSet(await keys.get(attempt > 1)), {
        issuer: options.issuerUrl,
        audience: options.clientId,
        algorithms: [...options.signingAlgorithms],
        currentDate: new Date(options.now()),
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

/** The issuer's keys, found by its discovery document. */
class IssuerKeys {
  readonly #options: OidcOptions;
  #known: { readonly keys: JSONWebKeySet; readonly at: number } | undefined;

  constructor(options: OidcOptions) {
    this.#options = options;
  }

  async get(isStale: boolean): Promise<JSONWebKeySet> {
    const now = this.#options.now();
    if (this.#known !== undefined && (!isStale || now - this.#known.at < refreshMs)) return this.#known.keys;
    try {
      const base = this.#options.issuerUrl.replace(/\/$/, "");
      const { issuer, jwks_uri } = (await this.#options.get(`${base}/.well-known/openid-configuration`)) as {
        readonly issuer?: string;
        readonly jwks_uri?: string;
      };
      if (issuer !== this.#options.issuerUrl) throw new Error("the discovery document is of another issuer");
      const keys = (await this.#options.get(jwks_uri ?? "")) as JSONWebKeySet;
      this.#known = { keys, at: now };
      return keys;
    } catch (error) {
      throw new AuthenticationError(`oidc: authenticator not initialized: ${(error as Error).message}`);
    }
  }
}

function userOf(claims: JWTPayload, options: OidcOptions): UserInfo {
  const { usernameClaim, groupsClaim, groupsPrefix, requiredClaims } = options;
  const name = claims[usernameClaim];
  if (typeof name !== "string")
    throw new AuthenticationError(`oidc: parse username claims "${usernameClaim}": claim not present`);
  if (usernameClaim === "email" && claims["email_verified"] !== undefined && claims["email_verified"] !== true)
    throw new AuthenticationError("oidc: email not verified");
  for (const [claim, value] of Object.entries(requiredClaims))
    if (claims[claim] !== value)
      throw new AuthenticationError(
        `oidc: required claim ${claim} ${claims[claim] === undefined ? "not present in ID token" : "value does not match"}`,
      );
  const groups = groupsClaim === undefined ? [] : groupsOf(claims[groupsClaim]);
  return { username: prefixOf(options) + name, groups: groups.map((each) => groupsPrefix + each) };
}

function prefixOf({ usernamePrefix, usernameClaim, issuerUrl }: OidcOptions): string {
  if (usernamePrefix === "-") return "";
  return usernamePrefix === "" && usernameClaim !== "email" ? `${issuerUrl}#` : usernamePrefix;
}

/** One group may stand alone. */
function groupsOf(claim: unknown): readonly string[] {
  if (claim === undefined) return [];
  const groups = Array.isArray(claim) ? (claim as readonly unknown[]) : [claim];
  if (!groups.every((each): each is string => typeof each === "string"))
    throw new AuthenticationError("oidc: the groups claim is not of strings");
  return groups;
}

import type { UserInfo } from "@sallyport/admission";
import { jsonTypeOf } from "@sallyport/kube";
import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
} from "jose";
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

/** In go-oidc's order, and its words. */
async function verify(token: string, issuer: JwtIssuer, keys: IssuerKeys): Promise<JWTPayload> {
  const { alg = "" } = headerOf(token);
  if (!issuer.signingAlgorithms.includes(alg)) {
    const list = `[${issuer.signingAlgorithms.map((each) => JSON.stringify(each)).join(" ")}]`;
    throw unverified(`oidc: id token signed with unsupported algorithm, expected ${list} got ${JSON.stringify(alg)}`);
  }
  const claims = await signedClaims(token, issuer, keys);
  for (const name of ["iss", "sub"])
    if (claims[name] !== undefined && claims[name] !== null && typeof claims[name] !== "string")
      throw unverified(
        `oidc: failed to unmarshal claims: json: cannot unmarshal ${jsonTypeOf(claims[name])} into Go struct field idToken.${name} of type string`,
      );
  checkAudience(claims, issuer);
  checkTimes(claims, issuer.now());
  return claims;
}

function headerOf(token: string): { readonly alg?: string } {
  try {
    return decodeProtectedHeader(token);
  } catch {
    throw unverified("oidc: malformed jwt");
  }
}

async function signedClaims(token: string, { signingAlgorithms }: JwtIssuer, keys: IssuerKeys): Promise<JWTPayload> {
  for (let attempt = 1; ; attempt++) {
    try {
      const known = createLocalJWKSet(await keys.get(attempt > 1));
      const { payload } = await compactVerify(token, known, { algorithms: [...signingAlgorithms] });
      return JSON.parse(new TextDecoder().decode(payload)) as JWTPayload;
    } catch (error) {
      if (error instanceof AuthenticationError) throw error;
      if (error instanceof errors.JWKSNoMatchingKey && attempt === 1) continue;
      throw unverified("failed to verify signature: failed to verify id token signature");
    }
  }
}

function checkAudience({ aud = [] }: JWTPayload, { audiences }: JwtIssuer): void {
  const given = [aud].flat();
  if (given.some((each) => audiences.includes(each))) return;
  const list = (names: readonly string[]) => `[${names.map((each) => JSON.stringify(each)).join(" ")}]`;
  const wanted = audiences.length === 1 ? JSON.stringify(audiences[0]) : `in ${list(audiences.toSorted())}`;
  throw unverified(`oidc: expected audience ${wanted} got ${list(given)}`);
}

/** Clocks differ by so much. */
const leewayMs = 60_000;

function checkTimes({ exp, nbf }: JWTPayload, now: number): void {
  const end = typeof exp === "number" ? exp * 1000 : undefined;
  if (end === undefined || end < now)
    throw unverified(`oidc: token is expired (Token Expiry: ${end === undefined ? noTime : goTime(end)})`);
  const begin = typeof nbf === "number" ? nbf * 1000 : undefined;
  if (begin !== undefined && now + leewayMs < begin)
    throw unverified(`oidc: current time ${goTime(now)} before the nbf (not before) time: ${goTime(begin)}`);
}

const noTime = "0001-01-01 00:00:00 +0000 UTC";

/** As Go prints a time. */
function goTime(at: number): string {
  const [seconds = "", fraction = ""] = new Date(at).toISOString().slice(0, -1).replace("T", " ").split(".");
  const digits = fraction.replace(/0+$/, "");
  return `${seconds}${digits === "" ? "" : `.${digits}`} +0000 UTC`;
}

function unverified(why: string): AuthenticationError {
  return new AuthenticationError(`oidc: verify token: ${why}`);
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

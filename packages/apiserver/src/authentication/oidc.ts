import type { UserInfo } from "@sallyport/admission";
import { jsonTypeOf } from "@sallyport/kube";
import type { JWTPayload } from "jose";
import { AuthenticationError } from "./authenticator.ts";
import type { JwtIssuer } from "./jwt.ts";

/** kube-apiserver's `--oidc-*`. */
export interface OidcOptions extends Pick<JwtIssuer, "signingAlgorithms" | "get" | "now"> {
  readonly issuerUrl: string;
  readonly clientId: string;
  readonly usernameClaim: string;
  /** `-` for none; when empty, the issuer and `#`, unless the claim is `email`. */
  readonly usernamePrefix: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix: string;
  readonly requiredClaims: { readonly [claim: string]: string };
}

/** The issuer that the flags name. */
export function oidcIssuer(options: OidcOptions): JwtIssuer {
  const { issuerUrl: url, clientId, signingAlgorithms, get, now } = options;
  const userOf = (claims: JWTPayload): UserInfo => {
    const username = prefixOf(options) + usernameIn(claims, options.usernameClaim);
    for (const [claim, value] of Object.entries(options.requiredClaims)) requireClaim(claims, claim, value);
    const groups = options.groupsClaim === undefined ? [] : groupsIn(claims, options.groupsClaim);
    return { username, groups: groups.map((each) => options.groupsPrefix + each) };
  };
  return { url, audiences: [clientId], signingAlgorithms, get, now, userOf };
}

function prefixOf({ usernamePrefix, usernameClaim, issuerUrl }: OidcOptions): string {
  if (usernamePrefix === "-") return "";
  return usernamePrefix === "" && usernameClaim !== "email" ? `${issuerUrl}#` : usernamePrefix;
}

/** A claim that is a name. Throws `AuthenticationError`; so it does for a mail address that is not verified. */
export function usernameIn(claims: JWTPayload, claim: string): string {
  const name = claims[claim];
  if (typeof name !== "string")
    throw new AuthenticationError(`oidc: parse username claims "${claim}": claim not present`);
  if (claim === "email" && claims["email_verified"] !== undefined && claims["email_verified"] !== true)
    throw new AuthenticationError("oidc: email not verified");
  return name;
}

/** Throws `AuthenticationError` unless a claim has the value. */
export function requireClaim(claims: JWTPayload, claim: string, value: string): void {
  const given = claims[claim];
  if (given === undefined) throw new AuthenticationError(`oidc: required claim ${claim} not present in ID token`);
  if (given !== value)
    throw new AuthenticationError(
      `oidc: required claim ${claim} value does not match. Got = ${String(given)}, want = ${value}`,
    );
}

/** The claim that has the groups; one group may stand alone. */
export function groupsIn(claims: JWTPayload, claim: string): readonly string[] {
  const value = claims[claim];
  if (value === undefined) return [];
  const groups = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  if (groups.every((each): each is string => typeof each === "string")) return groups;
  throw new AuthenticationError(
    `oidc: parse groups claim ${JSON.stringify(claim)}: json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type string`,
  );
}

import { SignJWT } from "jose";
import { accountUsername, legacyIssuer, type PrivateClaims, type TokenRef } from "./service-account-claims.ts";
import type { ServiceAccountKeys } from "./service-account-keys.ts";

/** kube-apiserver's `--service-account-issuer`, `--api-audiences` and the keys. */
export interface ServiceAccountOptions {
  /** New tokens have the first one; tokens of all are taken. */
  readonly issuers: readonly [string, ...string[]];
  /** What tokens must be for to be taken by this server; also what they are for when nobody says. */
  readonly apiAudiences: readonly string[];
  readonly keys: ServiceAccountKeys;
  /** Where others find the public keys. */
  readonly jwksUri: () => string;
}

export interface BoundToken {
  /** The token's own, by which it is told in audit logs. */
  readonly id: string;
  readonly audiences: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly seconds: number;
  readonly claims: PrivateClaims;
}

/** Signs a token that expires and may die with an object. */
export async function signBound(
  { issuers, keys }: ServiceAccountOptions,
  { id, audiences, now, seconds, claims }: BoundToken,
): Promise<string> {
  const issued = Math.floor(now / 1000);
  const payload = {
    aud: [...audiences],
    exp: issued + seconds,
    iat: issued,
    iss: issuers[0],
    jti: id,
    "kubernetes.io": claims,
    nbf: issued,
    sub: accountUsername(claims.namespace, claims.serviceaccount.name),
  };
  return sign(payload, keys);
}

/** Signs the token of a secret: it lives as long as the secret and the service account. */
export function signLegacy(
  keys: ServiceAccountKeys,
  namespace: string,
  secret: string,
  account: TokenRef,
): Promise<string> {
  const prefix = "kubernetes.io/serviceaccount";
  const payload = {
    iss: legacyIssuer,
    [`${prefix}/namespace`]: namespace,
    [`${prefix}/secret.name`]: secret,
    [`${prefix}/service-account.name`]: account.name,
    [`${prefix}/service-account.uid`]: account.uid,
    sub: accountUsername(namespace, account.name),
  };
  return sign(payload, keys);
}

function sign(payload: { readonly [claim: string]: unknown }, keys: ServiceAccountKeys): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: keys.algorithm, kid: keys.signingId }).sign(keys.signing);
}

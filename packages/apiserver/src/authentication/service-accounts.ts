import { createHash } from "node:crypto";
import type { UserInfo } from "@sallyport/admission";
import type { KubeObject, RbacReader } from "@sallyport/kube";
import { compactVerify, decodeJwt, decodeProtectedHeader } from "jose";
import { type Authenticated, AuthenticationError, type TokenAuthenticator } from "./authenticator.ts";
import {
  accountGroups,
  accountUsername,
  legacyIssuer,
  type PrivateClaims,
  type TokenClaims,
  type TokenRef,
} from "./service-account-claims.ts";
import type { ServiceAccountOptions } from "./service-account-issuer.ts";
import { sameText } from "./static-tokens.ts";

/** How good a token is that was taken: a stale one is used though its pod could have had a newer one. */
export type TokenUse = "valid" | "stale" | "legacy manual" | "legacy auto" | "invalid legacy auto";

/** Tokens whose signature is known to be good; those of a large cluster's pods fit. */
const maxVerified = 4096;

/** A token outlives what it is bound to for this long, so that a pod can still say goodbye. */
const deletedLeewaySeconds = 60;

/** Tokens of service accounts, bound ones and those of secrets. Each use looks whether all that they are bound to is still there. */
export function serviceAccountTokens(
  options: ServiceAccountOptions,
  reader: RbacReader,
  now: () => number,
  onUse: (use: TokenUse) => void = () => {},
): TokenAuthenticator {
  const verified = new Map<string, TokenClaims>();
  const claimsOf = async (token: string): Promise<TokenClaims> => {
    const id = createHash("sha256").update(token).digest("base64");
    const known = verified.get(id);
    if (known !== undefined) return known;
    const claims = await verify(token, options);
    if (verified.size >= maxVerified) verified.delete(verified.keys().next().value as string);
    verified.set(id, claims);
    return claims;
  };
  return {
    authenticate: async (token, audiences) => {
      if (!isOwn(token, options)) return undefined;
      const claims = await claimsOf(token);
      const own = claims.iss === legacyIssuer ? options.apiAudiences : [claims.aud ?? []].flat();
      const shared = audiences.filter((each) => own.includes(each));
      if (shared.length === 0)
        throw new AuthenticationError(
          `token audiences ${quoted(own)} is invalid for the target audiences ${quoted(audiences)}`,
        );
      const isLegacy = claims.iss === legacyIssuer;
      const user = isLegacy ? legacyUser(token, claims, reader, onUse) : boundUser(claims, reader, now() / 1000);
      const { warnafter = Number.POSITIVE_INFINITY } = claims["kubernetes.io"] ?? {};
      if (!isLegacy) onUse(now() / 1000 > warnafter ? "stale" : "valid");
      return { user, audiences: shared } satisfies Authenticated;
    },
  };
}

/** By its issuer; a token that cannot be read is somebody else's. */
function isOwn(token: string, { issuers }: ServiceAccountOptions): boolean {
  try {
    const { iss = "" } = decodeJwt(token);
    return iss === legacyIssuer || issuers.includes(iss);
  } catch {
    return false;
  }
}

async function verify(token: string, { keys }: ServiceAccountOptions): Promise<TokenClaims> {
  const { kid, alg } = decodeProtectedHeader(token);
  const known = keys.verification.filter(({ id }) => kid === undefined || kid === id);
  if (known.length === 0) throw new AuthenticationError("invalid signature, no keys found");
  for (const { key, algorithm } of known) {
    if (algorithm !== alg) continue;
    try {
      const { payload } = await compactVerify(token, key, { algorithms: [algorithm] });
      return JSON.parse(new TextDecoder().decode(payload)) as TokenClaims;
    } catch {
      // Another key may have signed it.
    }
  }
  throw new AuthenticationError("go-jose/go-jose: error in cryptographic primitive");
}

function boundUser(claims: TokenClaims, reader: RbacReader, seconds: number): UserInfo {
  const own = claims["kubernetes.io"];
  if (own === undefined || claims.exp === undefined)
    throw new AuthenticationError("the token is not a service account's");
  if (claims.exp <= seconds) throw new AuthenticationError("service account token has expired");
  if (claims.nbf !== undefined && claims.nbf > seconds)
    throw new AuthenticationError("service account token is not valid yet");
  const { namespace, serviceaccount: account } = own;
  if (claims.sub !== accountUsername(namespace, account.name))
    throw new AuthenticationError("the token's subject is not its service account");
  alive(reader.get("", "serviceaccounts", namespace, account.name), account, "service account", seconds);
  if (own.secret !== undefined)
    alive(reader.get("", "secrets", namespace, own.secret.name), own.secret, "secret", seconds);
  if (own.pod !== undefined) alive(reader.get("", "pods", namespace, own.pod.name), own.pod, "pod", seconds);
  // The node of a pod's token is told, and not asked for: the pod dies with it.
  else if (own.node !== undefined) alive(reader.get("", "nodes", "", own.node.name), own.node, "node", seconds);
  return userOf(namespace, account, extraOf(own, claims.jti));
}

const invalidated = "service account token has been invalidated";

/** Throws unless the object is there, is the same one, and is not long gone. */
function alive(object: KubeObject | undefined, { name, uid }: TokenRef, what: string, seconds: number): void {
  const isAccount = what === "service account";
  if (object === undefined)
    throw new AuthenticationError(isAccount ? `serviceaccounts ${JSON.stringify(name)} not found` : invalidated);
  const { uid: current, deletionTimestamp, namespace = "" } = object.metadata;
  if (current !== uid)
    throw new AuthenticationError(
      `${what} UID (${current}) does not match ${isAccount ? "" : `service account ${what} ref `}claim (${uid})`,
    );
  if (!deletionTimestamp || Date.parse(deletionTimestamp) / 1000 + deletedLeewaySeconds >= seconds) return;
  throw new AuthenticationError(isAccount ? `service account ${namespace}/${name} has been deleted` : invalidated);
}

const invalidSince = "kubernetes.io/legacy-token-invalid-since";

function legacyUser(token: string, claims: TokenClaims, reader: RbacReader, onUse: (use: TokenUse) => void): UserInfo {
  const namespace = claims["kubernetes.io/serviceaccount/namespace"] ?? "";
  const name = claims["kubernetes.io/serviceaccount/service-account.name"] ?? "";
  const uid = claims["kubernetes.io/serviceaccount/service-account.uid"] ?? "";
  const secretName = claims["kubernetes.io/serviceaccount/secret.name"] ?? "";
  const secret = reader.get("", "secrets", namespace, secretName);
  const data = (secret?.["data"] ?? {}) as { readonly token?: string };
  if (claims.sub !== accountUsername(namespace, name) || secret === undefined || secret.metadata.deletionTimestamp)
    throw new AuthenticationError("Token has been invalidated");
  if (!sameText(Buffer.from(data.token ?? "", "base64").toString("utf8"), token))
    throw new AuthenticationError("Token does not match server's copy");
  const account = reader.get("", "serviceaccounts", namespace, name);
  alive(account, { name, uid }, "service account", Number.POSITIVE_INFINITY);
  if (secret.metadata.labels?.[invalidSince]) {
    onUse("invalid legacy auto");
    throw new AuthenticationError(
      `the token in secret ${namespace}/${secretName} for service account ${namespace}/${name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSince}' label from the secret to temporarily allow use of this token`,
    );
  }
  onUse(refersTo(account, secretName) ? "legacy auto" : "legacy manual");
  return userOf(namespace, { name, uid });
}

/** The account names the secret: it was made for it, as all were before Kubernetes 1.24. */
function refersTo(account: KubeObject | undefined, secretName: string): boolean {
  const { secrets } = (account ?? {}) as { readonly secrets?: readonly { readonly name?: string }[] | null };
  return (secrets ?? []).some(({ name }) => name === secretName);
}

function userOf(namespace: string, { name, uid }: TokenRef, extra?: UserInfo["extra"]): UserInfo {
  const user = { username: accountUsername(namespace, name), uid, groups: accountGroups(namespace) };
  return extra === undefined || Object.keys(extra).length === 0 ? user : { ...user, extra };
}

function extraOf({ pod, node }: PrivateClaims, id: string | undefined): NonNullable<UserInfo["extra"]> {
  const prefix = "authentication.kubernetes.io";
  const of = (kind: string, ref: TokenRef | undefined) =>
    ref === undefined ? {} : { [`${prefix}/${kind}-name`]: [ref.name], [`${prefix}/${kind}-uid`]: [ref.uid] };
  const credential = id === undefined ? {} : { [`${prefix}/credential-id`]: [`JTI=${id}`] };
  return { ...credential, ...of("node", node), ...of("pod", pod) };
}

function quoted(list: readonly string[]): string {
  return `[${list.map((each) => JSON.stringify(each)).join(" ")}]`;
}

/** A reference by name and uid within a token. */
export interface TokenRef {
  readonly name: string;
  readonly uid: string;
}

/** What a bound token says in `kubernetes.io`. */
export interface PrivateClaims {
  readonly namespace: string;
  readonly serviceaccount: TokenRef;
  readonly pod?: TokenRef;
  readonly secret?: TokenRef;
  readonly node?: TokenRef;
  /** Seconds since 1970 from which the use of an extended token is worth a warning. */
  readonly warnafter?: number;
}

/** The claims of a token of a service account, bound or legacy. */
export interface TokenClaims {
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string | readonly string[];
  readonly exp?: number;
  readonly nbf?: number;
  readonly iat?: number;
  readonly jti?: string;
  readonly "kubernetes.io"?: PrivateClaims;
  readonly "kubernetes.io/serviceaccount/namespace"?: string;
  readonly "kubernetes.io/serviceaccount/secret.name"?: string;
  readonly "kubernetes.io/serviceaccount/service-account.name"?: string;
  readonly "kubernetes.io/serviceaccount/service-account.uid"?: string;
}

/** The issuer of tokens that lie in secrets. */
export const legacyIssuer = "kubernetes/serviceaccount";

/** The name under which a service account acts. */
export function accountUsername(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The groups of all service accounts, and of those of a namespace. */
export function accountGroups(namespace: string): readonly string[] {
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}

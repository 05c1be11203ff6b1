/** How a port takes what comes in, as PeerAuthentication names it, resolved: https://istio.io/latest/docs/reference/config/security/peer_authentication/ */
export type MutualTlsMode = "STRICT" | "PERMISSIVE" | "DISABLE";

/** What is known of a connection, or of a request in it, when it is decided: by a proxy of one that came, by `mesh can` of one that might. */
export interface Call {
  readonly source: {
    /** The address of who calls, without its port. */
    readonly ip: string;
    /** Who the peer has proved to be: a SPIFFE ID without its scheme (`cluster.local/ns/NAMESPACE/sa/NAME`). None over plaintext. */
    readonly principal?: string;
  };
  readonly destination: {
    readonly ip: string;
    /** Of the workload, not of a Service. */
    readonly port: number;
  };
  /** The server's name that the client asked for in TLS. */
  readonly serverName?: string;
  /** Only where the proxy reads requests: without it, rules of HTTP are as they are for TCP. */
  readonly http?: HttpCall;
}

/** One request, as it came. */
export interface HttpCall {
  readonly method: string;
  /** As Envoy matches it: without the query, normalised. */
  readonly path: string;
  /** `:authority` or `Host`. */
  readonly host: string;
  /** By lower-case name; several values are joined with a comma. */
  readonly headers: { readonly [name: string]: string };
  /** Of the token that came with it, where who verifies tokens (RequestAuthentication) has done so. */
  readonly claims?: { readonly [name: string]: unknown };
}

/** What AuthorizationPolicies say of a call, and which of them. */
export interface Verdict {
  readonly allowed: boolean;
  /** `namespace/name`, and the rule by its place from 0 where one matched; none where no policy takes part. */
  readonly policy?: { readonly name: string; readonly rule?: number };
  /** One line: why. */
  readonly reason: string;
  /** A provider that is asked before the other policies: `allowed` is what they say, where it has allowed the call. */
  readonly asks?: Asking;
  /** `namespace/name` of each AUDIT policy that means the call. */
  readonly audited?: readonly string[];
  /** What the policies that are only tried (`istio.io/dry-run`) would have said, where that is a refusal. */
  readonly wouldRefuse?: string;
}

/** A CUSTOM policy that means a call. */
export interface Asking {
  readonly provider: string;
  /** `namespace/name`, and the rule by its place from 0. */
  readonly policy: string;
  readonly rule: number;
}

/** The AuthorizationPolicies of one workload, made ready to be asked for every connection. */
export interface Authorizer {
  /** Whether a rule, or who is asked, reads requests of HTTP: else connections are decided once. */
  readonly readsHttp: boolean;
  decide(call: Call): Verdict;
}

import type { Catalogue, KubeObject } from "@sallyport/kube";
import type { AdmissionObserver } from "./observer.ts";
import type { PolicySet } from "./policies/policy-set.ts";
import type { UserInfo } from "./request.ts";
import type { WebhookCredentials } from "./static-configurations.ts";

/** Reads of current objects, in their preferred version. Answers what was true at one generation. */
export interface ObjectReader {
  /** `namespace` is empty for cluster-scoped resources. */
  readonly get: (group: string, resource: string, namespace: string, name: string) => KubeObject | undefined;
  /** All of a resource, or of one namespace, ordered by namespace and name. */
  readonly list: (group: string, resource: string, namespace?: string) => readonly KubeObject[];
}

/** authorizer.Attributes of k8s.io/apiserver. */
export interface AuthorizationAttributes {
  readonly user: UserInfo;
  readonly verb: string;
  readonly group: string;
  /** `*` where any is meant. */
  readonly version?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace: string;
  /** Also the name that a field selector of a list or watch requires. */
  readonly name: string;
  /** For non-resource requests. */
  readonly path?: string;
}

export interface Authorization {
  readonly allowed: boolean;
  readonly reason: string;
}

export interface Authorizer {
  readonly authorize: (attributes: AuthorizationAttributes) => Authorization | Promise<Authorization>;
}

/**
 * An immutable generation of everything a decision may read. Writers build the next one and swap it; a bad policy leaves
 * the last good generation in place.
 */
export interface Snapshot {
  readonly generation: number;
  readonly objects: ObjectReader;
  /** What is served, for the resource of a kind. */
  readonly catalogue: Catalogue;
  readonly authorizer: Authorizer;
  readonly policies: PolicySet;
  /** `data` as policies see it: a plain document that is always current, for reading only. */
  readonly policyData: { readonly [name: string]: unknown };
}

/** What the chain may do to the world; all of it is handed in, by a door and the server behind it. */
export interface AdmissionEffects {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Monotonic microseconds, for costs. */
  readonly ticks: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  /** POSTs JSON over TLS; rejects, in the words of Go's client, on timeout or transport failure. Absent offline: webhooks then follow failurePolicy. */
  readonly post?: (call: WebhookPost) => Promise<WebhookAnswer>;
  /** Nobody counts when absent. */
  readonly observer?: AdmissionObserver;
}

/** With what the server around the chain adds. */
export interface ChainEffects extends AdmissionEffects {
  /** Creates an object in the server's own name; one that is there already is no error. Absent where nothing is stored. */
  readonly create?: (object: KubeObject) => Promise<void>;
  /** Writes the status of an object as it stands; throws `Conflict` where somebody was faster. Absent where nothing is stored. */
  readonly updateStatus?: (object: KubeObject) => Promise<void>;
  /** The subject of a certificate request (base64 of PEM, as `spec.request` holds it), or what is wrong with it. */
  readonly subjectOf: (request: string) => CertificateSubject | string;
}

export interface CertificateSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
}

export interface WebhookPost {
  readonly url: string;
  /** Where to connect to, when that is not where the URL's host leads. */
  readonly address?: { readonly host: string; readonly port: number };
  /** Name to check in the server's certificate, when it differs from the URL's host (`svc.ns.svc`). */
  readonly serverName?: string;
  /** PEM; undefined means the system's roots. */
  readonly caBundle?: string;
  readonly credentials?: WebhookCredentials;
  readonly body: string;
  readonly timeoutMs: number;
}

export interface WebhookAnswer {
  readonly code: number;
  /** Its Content-Type; empty when it had none. */
  readonly type: string;
  readonly body: string;
}

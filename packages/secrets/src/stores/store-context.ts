import type { Environment } from "../remote/remote.ts";
import type { SecretsOfNamespace } from "./kubernetes-store.ts";

/** A key of a Secret. `namespace` counts for stores of the whole cluster alone. */
export interface SecretKeyRef {
  readonly name?: string;
  readonly key?: string;
  readonly namespace?: string;
}

/** A service account whose token is asked for; audiences are those of the provider where none is named. */
export interface ServiceAccountRef {
  readonly name: string;
  readonly namespace?: string;
  readonly audiences?: readonly string[];
}

/** Certificates in a Secret or a ConfigMap. */
export interface CaProvider {
  readonly type: "Secret" | "ConfigMap";
  readonly name: string;
  readonly key?: string;
  readonly namespace?: string;
}

/**
 * Where a store's credentials are: Secrets of a cluster, what a CSI driver hands over, files of a folder. Each rejects with `SourceError` and
 * names what is missing; what they answer must never be shown.
 */
export interface StoreCredentials {
  readonly secret: (ref: SecretKeyRef) => Promise<string>;
  readonly certificates: (ref: CaProvider) => Promise<string>;
  readonly accountToken: (ref: ServiceAccountRef, audiences: readonly string[]) => Promise<string>;
  /** Annotations of the account, of which AWS has its role. */
  readonly accountAnnotations: (ref: ServiceAccountRef) => Promise<{ readonly [name: string]: string }>;
}

/** Which API server the provider `kubernetes` reads; this one where no URL is given. */
export interface KubernetesServer {
  readonly url: string | undefined;
  readonly ca: string | undefined;
  readonly namespace: string;
  readonly auth:
    | { readonly kind: "token"; readonly token: () => Promise<string> }
    | { readonly kind: "certificate"; readonly cert: string; readonly key: string };
}

/** Where stores of files lie. */
export interface FileRoot {
  readonly folder: string;
  /** Whose folder within it is read: those of one namespace do not see another's. The whole of it when absent. */
  readonly namespace?: string;
}

/** What providers need of the world around them. */
export interface StoreContext {
  readonly environment: Environment;
  /** For each call of a service. */
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly credentials: StoreCredentials;
  /** What the provider `file` reads below; nothing where it may not be used. */
  readonly files: FileRoot | undefined;
  /** Whether a store that names no credentials may have the program's own: its role of AWS, its identity of Azure. */
  readonly lendsOwn: boolean;
  /** Opens a namespace of an API server. */
  readonly openNamespace: (server: KubernetesServer) => Promise<SecretsOfNamespace>;
}

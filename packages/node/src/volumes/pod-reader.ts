/** What volumes and environments are made of. Each rejects with an `Error` of one line when the API server does not answer. */
export interface PodReader {
  /** Undefined where there is none of this name, or it may not be read. */
  readonly configMap: (namespace: string, name: string) => Promise<ConfigMap | undefined>;
  readonly secret: (namespace: string, name: string) => Promise<Secret | undefined>;
  readonly createToken: (request: TokenRequest) => Promise<Token>;
  /** Pods have no claimed volumes without these two. */
  readonly claim?: (namespace: string, name: string) => Promise<PersistentVolumeClaim | undefined>;
  readonly persistentVolume?: (name: string) => Promise<PersistentVolume | undefined>;
}

/** core/v1. */
export interface PersistentVolumeClaim {
  readonly metadata: {
    readonly uid?: string;
    readonly deletionTimestamp?: string | null;
    readonly ownerReferences?: readonly { readonly uid: string; readonly controller?: boolean }[];
  };
  readonly spec?: { readonly volumeName?: string; readonly volumeMode?: string };
  readonly status?: { readonly phase?: string };
}

/** core/v1, of the kinds that are folders of a machine. */
export interface PersistentVolume {
  readonly spec: {
    readonly hostPath?: { readonly path: string; readonly type?: string };
    readonly local?: { readonly path: string };
    readonly claimRef?: { readonly uid?: string };
    readonly [source: string]: unknown;
  };
}

/** core/v1. */
export interface ConfigMap {
  readonly data?: { readonly [key: string]: string };
  /** In base64. */
  readonly binaryData?: { readonly [key: string]: string };
}

/** core/v1. */
export interface Secret {
  /** In base64. */
  readonly data?: { readonly [key: string]: string };
}

/** authentication/v1 TokenRequest of a service account, bound to a pod. */
export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod: { readonly name: string; readonly uid: string };
  /** The API server's own when it is empty. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

export interface Token {
  readonly token: string;
  /** As a time in RFC 3339. */
  readonly expirationTimestamp: string;
}

/** What is read once for all that asks within one go. */
export function cachedReader(reader: PodReader): PodReader {
  const [configMaps, secrets] = [
    new Map<string, Promise<ConfigMap | undefined>>(),
    new Map<string, Promise<Secret | undefined>>(),
  ];
  return {
    ...reader,
    configMap: (namespace, name) => once(configMaps, name, () => reader.configMap(namespace, name)),
    secret: (namespace, name) => once(secrets, name, () => reader.secret(namespace, name)),
  };
}

function once<Value>(known: Map<string, Promise<Value>>, name: string, read: () => Promise<Value>): Promise<Value> {
  const found = known.get(name) ?? read();
  known.set(name, found);
  return found;
}

/** As the API server says it. */
export function notFound(kind: "configmap" | "secret", name: string): Error {
  return new Error(`${kind} ${JSON.stringify(name)} not found`);
}

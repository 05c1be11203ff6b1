/** What a KMS plugin says of itself. `healthz` is `ok`, or why not; `version` is `v2`, or `v2beta1`. */
export interface KmsStatus {
  readonly version: string;
  readonly healthz: string;
  /** The key that writes now: another one means that what it wrote before is stale. */
  readonly keyId: string;
}

/** What a plugin made of a data key: nothing of it is secret, all of it is stored. */
export interface KmsCiphertext {
  readonly ciphertext: Uint8Array;
  readonly keyId: string;
  readonly annotations: ReadonlyMap<string, Uint8Array>;
}

/**
 * Kubernetes' KMS v2, the service `v2.KeyManagementService` of k8s.io/kms. Rejects with `KmsError`. `uid` names a call in the plugin's log.
 */
export interface KmsService {
  readonly status: () => Promise<KmsStatus>;
  readonly encrypt: (uid: string, plaintext: Uint8Array) => Promise<KmsCiphertext>;
  readonly decrypt: (uid: string, request: KmsCiphertext) => Promise<Uint8Array>;
  readonly close: () => void;
}

/** KMS v1, the service `v1beta1.KeyManagementService`. Rejects with `KmsError`. */
export interface KmsV1Service {
  readonly encrypt: (plaintext: Uint8Array) => Promise<Uint8Array>;
  readonly decrypt: (ciphertext: Uint8Array) => Promise<Uint8Array>;
  readonly close: () => void;
}

/** A call of a plugin that failed, in Go's words: `rpc error: code = Unavailable desc = …`. */
export class KmsError extends Error {
  readonly #code: string | undefined;

  constructor(message: string, { code, ...options }: ErrorOptions & { readonly code?: string } = {}) {
    super(message, options);
    this.name = "KmsError";
    this.#code = code;
  }

  /** Of gRPC, as Go names it: `Unavailable`. Undefined where it never came to a call. */
  get code(): string | undefined {
    return this.#code;
  }
}

/** What metrics tell of a failure: the code of the call that it came from, or that there was none. kube-apiserver's `getErrorCode`. */
export function statusCodeOf(fault: unknown): string {
  for (let each = fault; each instanceof Error; each = each.cause)
    if (each instanceof KmsError && each.code !== undefined) return each.code;
  return fault === undefined ? "OK" : "unknown-non-grpc";
}

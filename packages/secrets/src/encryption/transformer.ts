/** What a stored value was opened to. */
export interface Opened {
  readonly value: Uint8Array;
  /** Not as it would be written now: by another provider or key than the first one. A write of the same object is no write of nothing. */
  readonly isStale: boolean;
}

/**
 * How the values of a resource lie in the store. `key` is where a value lies, `/registry/secrets/NAMESPACE/NAME`: what is
 * authenticated with it cannot be moved elsewhere. Both throw, or reject with, `TransformError`; no other error carries anything of a value.
 * kube-apiserver's `value.Transformer`. Local ciphers answer at once, a KMS later.
 */
export interface Transformer {
  readonly seal: (value: Uint8Array, key: string, observe?: ObserveTransform) => Uint8Array | Promise<Uint8Array>;
  readonly open: (stored: Uint8Array, key: string, observe?: ObserveTransform) => Opened | Promise<Opened>;
}

/** From or to the store, as metrics name it. */
export type TransformType = "from_storage" | "to_storage";

/** Told of each provider and key that has sealed or opened a value or tried to, by its prefix, and why it could not. */
export type ObserveTransform = (type: TransformType, prefix: string, seconds: number, fault?: unknown) => void;

/** One that needs nobody else, and answers at once. */
export interface LocalTransformer extends Transformer {
  readonly seal: (value: Uint8Array, key: string) => Uint8Array;
  readonly open: (stored: Uint8Array, key: string) => Opened;
}

/** Why a value cannot be sealed or opened, in kube-apiserver's words. Never holds anything of the value. */
export class TransformError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TransformError";
  }
}

/** A transformer behind the prefix that its values have. */
export interface PrefixTransformer {
  readonly prefix: string;
  readonly transformer: Transformer;
}

/** What no value of any provider is shorter than, or a value was cut off. */
export function tooShort(): TransformError {
  return new TransformError("the stored data was shorter than the required size");
}

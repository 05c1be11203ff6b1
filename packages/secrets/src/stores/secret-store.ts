/** A secret as its store has it. It must never be shown. */
export interface StoredSecret {
  readonly value: Uint8Array;
  /** Changes when the value does; nothing secret. */
  readonly version: string;
}

/**
 * Where secrets lie that are not Kubernetes' own: one file each in this folder. A key names a secret as its store does. Rejects with
 * `RemoteError` or `SourceError`, whose words hold nothing secret.
 */
export interface SecretStore {
  /** Nothing where the store says that there is none. */
  readonly read: (key: string, version: string | undefined) => Promise<StoredSecret | undefined>;
  /** Keys of all secrets below a path, which is empty for all; sorted. */
  readonly list: (path: string) => Promise<readonly string[]>;
  readonly close: () => void;
}

/** Whoever looks through more would read each of them, and no Secret holds so many. */
export const maxListed = 10_000;

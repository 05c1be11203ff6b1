import type { AuthorityState } from "./authority-state.ts";

/** Where an authority lies. */
export interface AuthorityStore {
  /** For people: a folder, or `Secret NAMESPACE/NAME`. */
  readonly place: string;
  /** Undefined where there is none yet. Rejects with `AuthorityError` for what is none, and as its place does. */
  readonly read: () => Promise<StoredAuthority | undefined>;
  /** In the place of what was read, or of nothing. Rejects with `AuthorityChanged` where somebody else was faster. */
  readonly write: (state: AuthorityState, before: StoredAuthority | undefined) => Promise<void>;
}

export interface StoredAuthority {
  readonly state: AuthorityState;
  /** Another one when something has changed. */
  readonly version: string;
}

/** Somebody else wrote meanwhile: what they wrote counts. */
export class AuthorityChanged extends Error {
  constructor(place: string) {
    super(`${place} has changed meanwhile`);
    this.name = "AuthorityChanged";
  }
}

import type { PlainValue } from "./encrypted-value.ts";

/** A place in a file where a value or a line of comment stands, that can be put in clear or sealed. */
export interface Slot {
  readonly isComment: boolean;
  /** Names of the maps above it, and its own; of a comment, those of the map or list that it stands in. Lists count nothing. */
  readonly path: readonly string[];
  /** Comments before it, by the maps and lists around it: they can say what is encrypted. Itself too, where it is one. */
  readonly comments: readonly (readonly string[])[];
  /** undefined for null. */
  readonly read: () => PlainValue | undefined;
  readonly write: (value: PlainValue) => void;
}

/** A file of one of sops' formats, taken apart. */
export interface SopsStore {
  /** All values and comments in their order, but those of the metadata. */
  readonly slots: () => Iterable<Slot>;
  /** What lies under `sops`; undefined where the file has none. */
  readonly metadata: unknown;
  /** The file with what was written into the slots, and with metadata or without. */
  readonly print: (metadata: object | undefined) => string;
}

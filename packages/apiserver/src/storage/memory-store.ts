import { type Journal, RevisionedStore } from "./revisioned-store.ts";
import type { Store } from "./store.ts";

/** A store that forgets everything: for tests and one-off runs. */
export function createMemoryStore(): Store {
  const journal: Journal = {
    load: () => ({ revision: 0, values: [], events: [] }),
    append: async () => {},
    forget: async () => {},
    close: async () => {},
  };
  return new RevisionedStore(journal);
}

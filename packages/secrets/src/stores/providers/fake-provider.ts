import type { SecretStore } from "../secret-store.ts";
import type { FakeSpec } from "../store-spec.ts";

/** Values that stand in the store itself, for trying things out. */
export function openFakeStore({ data = [] }: FakeSpec): SecretStore {
  return {
    read: async (key, version) => {
      const named = data.filter((each) => each.key === key);
      // Without a version the last one is the newest.
      const found = version === undefined ? named.at(-1) : named.find((each) => each.version === version);
      return found && { value: Buffer.from(found.value ?? ""), version: found.version ?? "" };
    },
    list: async (path) => [...new Set(data.map(({ key }) => key))].filter((key) => key.startsWith(path)).sort(),
    close: () => {},
  };
}

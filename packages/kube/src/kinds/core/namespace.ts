import type { Fields, KindRules } from "../rules.ts";

export const namespace: KindRules = {
  defaults: (object) => {
    const labels = ((object["metadata"] as Fields)["labels"] ??= {}) as Fields;
    const { name } = object["metadata"];
    if (name) labels["kubernetes.io/metadata.name"] ??= name;
  },
};

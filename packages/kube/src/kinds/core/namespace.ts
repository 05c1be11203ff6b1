import type { Fields, KindRules } from "../rules.ts";

export const namespace: KindRules = {
  defaults: (object) => {
    const labels = ((object["metadata"] as Fields)["labels"] ??= {}) as Fields;
    labels["kubernetes.io/metadata.name"] ??= object["metadata"].name;
  },
};

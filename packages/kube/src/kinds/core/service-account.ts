import type { KindRules } from "../rules.ts";

const enforced = "kubernetes.io/enforce-mountable-secrets";

export const serviceAccount: KindRules = {
  warnings: (object, old) =>
    object.metadata.annotations?.[enforced] === undefined || old?.metadata.annotations?.[enforced] !== undefined
      ? []
      : [
          `metadata.annotations[${enforced}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ],
};

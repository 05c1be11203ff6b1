import type { Structural } from "@sallyport/kube";
import { choice, object, rule, workloadSelector } from "./schema.ts";

const mutualTls = object("How connections are taken.", {
  mode: choice(
    "STRICT takes mutual TLS alone, PERMISSIVE plaintext too, DISABLE no mutual TLS; UNSET inherits.",
    "UNSET",
    "DISABLE",
    "PERMISSIVE",
    "STRICT",
  ),
});

/** https://istio.io/latest/docs/reference/config/security/peer_authentication/ */
export const peerAuthenticationSchema: Structural = object(
  "How workloads take connections.",
  {
    selector: workloadSelector,
    mtls: { ...mutualTls, description: "Of every port that has none of its own." },
    portLevelMtls: {
      type: "object",
      description: "By port of the workload, not of a Service.",
      minProperties: 1,
      additionalProperties: mutualTls,
      ...rule("self.all(key, 0 < int(key) && int(key) <= 65535)", "port must be between 1-65535"),
    },
  },
  rule(
    "(has(self.selector) && has(self.selector.matchLabels) && self.selector.matchLabels.size() > 0) || !has(self.portLevelMtls)",
    "portLevelMtls requires selector",
  ),
);

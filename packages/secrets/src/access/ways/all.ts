import { bindings } from "./bindings.ts";
import { certificates } from "./certificates.ts";
import { escalation } from "./escalation.ts";
import { impersonation, tokenRequests } from "./identities.ts";
import { kubelets, nodeProxy } from "./nodes.ts";
import { ownPods } from "./own-pods.ts";
import { masters, reading, tokenSecrets } from "./reading.ts";
import { takeovers } from "./takeovers.ts";
import type { Way } from "./way.ts";
import { webhooks } from "./webhooks.ts";

/** All ways, the plainest first: of chains that are as short as each other the first one is told. */
export const ways: readonly Way[] = [
  masters,
  reading,
  kubelets,
  takeovers,
  ownPods,
  nodeProxy,
  tokenRequests,
  tokenSecrets,
  impersonation,
  bindings,
  escalation,
  certificates,
  webhooks,
];

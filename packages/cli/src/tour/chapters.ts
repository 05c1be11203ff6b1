import { admission } from "./admission.ts";
import { bundles } from "./bundles.ts";
import type { Chapter } from "./chapter.ts";
import { gate } from "./gate.ts";
import { gatekeeper } from "./gatekeeper.ts";
import { gvisor } from "./gvisor.ts";
import { mesh } from "./mesh.ts";
import { podsecurity } from "./podsecurity.ts";
import { rego } from "./rego.ts";
import { runtime } from "./runtime.ts";
import { secrets } from "./secrets.ts";
import { securityContext } from "./security-context.ts";
import { policyServer } from "./sync.ts";
import { webhooks } from "./webhooks.ts";

/** The chapters that exist, in the order of the lesson. */
export const chapters: readonly Chapter[] = [
  gate,
  securityContext,
  admission,
  webhooks,
  podsecurity,
  rego,
  policyServer,
  bundles,
  gatekeeper,
  secrets,
  runtime,
  gvisor,
  mesh,
];

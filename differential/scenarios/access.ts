import { get, nobody } from "./access-steps.ts";
import type { AccessWorld } from "./access-world.ts";
import {
  bootstrap,
  certificates,
  oidc,
  proxies,
  refusals,
  reviewer,
  serviceAccounts,
  strangers,
} from "./authentication.ts";
import { accessReviews, bootstrapRoles, escalation, flows, impersonation, nodes } from "./authorization.ts";
import type { Scenario } from "./run.ts";

/** Who may ask, and what: each question to both servers, which have the same flags. */
export function accessScenarios(world: AccessWorld): readonly Scenario[] {
  return [
    strangers(),
    refusals(),
    certificates(world),
    bootstrap(),
    serviceAccounts(),
    oidc(world),
    reviewer(),
    proxies(world),
    impersonation(),
    accessReviews(),
    escalation(),
    bootstrapRoles(),
    nodes(world),
    flows(world),
  ];
}

/** The same where a structured configuration says who is who. */
export function configuredScenarios(world: AccessWorld): readonly Scenario[] {
  const paths = ["/healthz", "/healthz/ping", "/readyz", "/livez", "/version", "/api/v1/pods", "/"];
  const anonymous = { name: "conditions", steps: paths.map((path) => get(path, nobody)) };
  return [anonymous, oidc(world)];
}

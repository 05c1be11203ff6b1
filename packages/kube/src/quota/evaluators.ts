import { qualifiedResource } from "../object.ts";
import { claims } from "./claims.ts";
import type { Evaluator } from "./evaluator.ts";
import { objectCount } from "./object-count.ts";
import { pods } from "./pods.ts";
import { services } from "./services.ts";

/** Resources that count more than their number, or under an older name too. */
const core: { readonly [resource: string]: Evaluator } = {
  pods,
  services,
  persistentvolumeclaims: claims,
  configmaps: objectCount("", "configmaps", "configmaps"),
  resourcequotas: objectCount("", "resourcequotas", "resourcequotas"),
  replicationcontrollers: objectCount("", "replicationcontrollers", "replicationcontrollers"),
  secrets: objectCount("", "secrets", "secrets"),
};

/** What is not stored, and events, never count. */
const ignored = new Set([
  "bindings",
  "componentstatuses",
  "events",
  "events.events.k8s.io",
  "tokenreviews.authentication.k8s.io",
  "selfsubjectreviews.authentication.k8s.io",
  "subjectaccessreviews.authorization.k8s.io",
  "selfsubjectaccessreviews.authorization.k8s.io",
  "localsubjectaccessreviews.authorization.k8s.io",
  "selfsubjectrulesreviews.authorization.k8s.io",
]);

/** How a resource counts against the quotas of its namespace; undefined for those that never do. */
export function evaluatorFor(group: string, resource: string): Evaluator | undefined {
  if (ignored.has(qualifiedResource({ group, resource }))) return undefined;
  return (group === "" ? core[resource] : undefined) ?? objectCount(group, resource);
}

import { parseApiVersion } from "@sallyport/kube";
import type { AuditViolation } from "./audit.ts";

/** A violation as Gatekeeper exports it; `id` is the audit's time. https://open-policy-agent.github.io/gatekeeper/website/docs/export */
export function exportMessage(violation: AuditViolation, id: string): object {
  const { constraint, object, message, details, enforcementAction, enforcementActions } = violation;
  const { group, version } = parseApiVersion(constraint.object.apiVersion);
  const resource = parseApiVersion(object.apiVersion);
  const { "kubectl.kubernetes.io/last-applied-configuration": _, ...annotations } =
    constraint.object.metadata.annotations ?? {};
  return withoutEmpty({
    id,
    details,
    eventType: "violation_audited",
    group,
    version,
    kind: constraint.kind,
    name: constraint.name,
    message,
    enforcementAction,
    enforcementActions,
    constraintAnnotations: annotations,
    resourceGroup: resource.group,
    resourceAPIVersion: resource.version,
    resourceKind: object.kind,
    resourceNamespace: object.metadata.namespace,
    resourceName: object.metadata.name,
    resourceLabels: object.metadata.labels,
  });
}

/** What stands around the violations of an audit. */
export function exportBoundary(boundary: "started" | "completed", id: string): object {
  return { id, message: `audit is ${boundary}` };
}

/** As Go leaves fields out, but for the details, which are whatever a policy says. */
function withoutEmpty(fields: { readonly [field: string]: unknown }): object {
  const isThere = ([name, value]: [string, unknown]) =>
    value !== undefined &&
    value !== "" &&
    (name === "details" || typeof value !== "object" || Object.keys(value as object).length > 0);
  return Object.fromEntries(Object.entries(fields).filter(isThere));
}

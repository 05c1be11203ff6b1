import { randomUUID } from "node:crypto";
import type { Decision, Operation, Request } from "@sallyport/admission";
import { type KubeObject, StatusError } from "@sallyport/kube";
import type { WriteContext } from "./context.ts";
import { outgoing } from "./encode.ts";

/** A write as admission sees it. */
export function admissionRequest(
  operation: Operation,
  object: KubeObject | null,
  oldObject: KubeObject | null,
  context: WriteContext,
): Request {
  const { info, subresource, user } = context;
  const name = context.name || (object?.metadata.name ?? "");
  const isNamespace = info.group === "" && info.resource === "namespaces";
  return {
    uid: randomUUID(),
    kind: { group: info.group, version: info.version, kind: info.kind },
    resource: { group: info.group, version: info.version, resource: info.resource },
    subResource: subresource,
    name,
    namespace: isNamespace ? name : info.namespaced ? context.namespace : "",
    operation,
    userInfo: user,
    object: object && outgoing(object, info),
    oldObject: oldObject && outgoing(oldObject, info),
    options: { kind: `${operation[0]}${operation.slice(1).toLowerCase()}Options`, apiVersion: "meta.k8s.io/v1" },
    dryRun: context.dryRun,
  };
}

/** Passes warnings and annotations on, and answers what was admitted. Throws the refusal. */
export function admitted(decision: Decision, context: WriteContext): KubeObject {
  for (const warning of decision.warnings) context.warn(warning);
  context.audit(decision.auditAnnotations);
  if (decision.allowed) return decision.object as KubeObject;
  const {
    message = "",
    code,
    details,
    reason = code === 403 ? "Forbidden" : undefined,
  } = decision.status ?? {
    code: 403,
  };
  throw new StatusError(reason, message, details, code);
}

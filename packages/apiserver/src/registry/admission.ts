import { randomUUID } from "node:crypto";
import type { Decision, Operation, Request } from "@sallyport/admission";
import { apiVersionOf, type KubeObject, StatusError, secretTextsOf, withoutTexts } from "@sallyport/kube";
import type { WriteContext } from "./context.ts";
import { outgoing } from "./encode.ts";

/** A write as admission sees it. */
export function admissionRequest(
  operation: Operation,
  object: KubeObject | null,
  oldObject: KubeObject | null,
  context: WriteContext,
): Request {
  const { info, user, seen } = context;
  const name = context.name || (object?.metadata?.name ?? "");
  const isNamespace = info.group === "" && info.resource === "namespaces";
  // A custom object has been read in its version; what only storing would drop of it, such as nulls, is there for validation.
  const isRead = (each: KubeObject) => info.custom !== undefined && each.apiVersion === apiVersionOf(info);
  const inVersion = (each: KubeObject | null) =>
    each === null || seen !== undefined || isRead(each) ? each : outgoing(each, info);
  const optionsKind = `${operation[0]}${operation.slice(1).toLowerCase()}Options`;
  return {
    uid: randomUUID(),
    kind: seen?.kind ?? { group: info.group, version: info.version, kind: info.kind },
    resource: seen?.resource ?? { group: info.group, version: info.version, resource: info.resource },
    subResource: seen?.subResource ?? context.subresource,
    name,
    namespace: isNamespace ? name : info.namespaced ? context.namespace : "",
    operation,
    userInfo: user,
    object: inVersion(object),
    oldObject: inVersion(oldObject),
    options: operation === "CONNECT" ? null : { kind: optionsKind, apiVersion: "meta.k8s.io/v1", ...context.options },
    dryRun: context.dryRun,
  };
}

/**
 * Passes warnings and annotations on, and answers what was admitted. Throws the refusal. What policies and webhooks say of a Secret may quote
 * its values, and would bring them into the audit log: their lengths stand there instead.
 */
export function admitted(decision: Decision, context: WriteContext): KubeObject {
  const texts = secretTextsOf(decision.object);
  for (const warning of decision.warnings) context.warn(withoutTexts(warning, texts));
  context.audit(withoutTexts(decision.auditAnnotations, texts));
  context.audit(withoutTexts(decision.patchAnnotations, texts), "Request");
  if (decision.allowed) return decision.object as KubeObject;
  if (decision.status === undefined) throw new StatusError("Forbidden", "");
  const { message = "", reason, details, code, metadata } = withoutTexts(decision.status, texts);
  throw new StatusError(reason, message, details, code, metadata);
}

import { aggregated, type KubeObject, qualifiedResource, type StatusDetails, StatusError } from "@sallyport/kube";
import type { Reason } from "./decision.ts";
import type { Annotations, PluginResult } from "./plugin.ts";
import type { Request } from "./request.ts";

/** `pods "x" is forbidden: …`, as admission.NewForbidden words it. */
export function forbiddenStatus(request: Request, message: string, details: Partial<StatusDetails> = {}): StatusError {
  const { group, resource } = request.resource;
  const name = request.name === "" ? (request.object?.metadata.generateName ?? "") : request.name;
  const qualified = qualifiedResource(request.resource);
  const text =
    name === "" ? `${qualified} is forbidden: ${message}` : `${qualified} "${name}" is forbidden: ${message}`;
  return new StatusError("Forbidden", text, { name, ...(group === "" ? {} : { group }), kind: resource, ...details });
}

/** A refusal with one reason. */
export function deny(request: Request, code: string, message: string, fieldPath = ""): PluginResult {
  return {
    outcome: "denied",
    why: message,
    status: forbiddenStatus(request, message).status,
    reasons: [{ code, message, fieldPath }],
  };
}

export function denyWith(
  error: StatusError,
  reasons: readonly Reason[],
  auditAnnotations: Annotations = {},
): PluginResult {
  return { outcome: "denied", why: error.message, status: error.status, reasons, auditAnnotations };
}

export function skip(why: string): PluginResult {
  return { outcome: "skipped", why };
}

export function pass(why = ""): PluginResult {
  return { outcome: "admitted", why };
}

/** True for a resource of the core group: itself, or one of its subresources. */
export function isCore(request: Request, resource: string, subResource = ""): boolean {
  return request.resource.group === "" && request.resource.resource === resource && request.subResource === subResource;
}

/** Several errors in one text, as utilerrors.Aggregate prints them: each once, in brackets where there are more. */
export function aggregate(messages: readonly string[]): string {
  return aggregated([...new Set(messages)]);
}

/** The object that a rule relies on. Throws `NotFound`. */
export function existing(object: KubeObject | undefined, resource: string, name: string): KubeObject {
  if (object !== undefined) return object;
  throw new StatusError("NotFound", `${resource} ${JSON.stringify(name)} not found`, { name, kind: resource });
}

import { type StatusDetails, StatusError } from "@sallyport/kube";
import type { Reason } from "./decision.ts";
import type { Annotations, PluginResult } from "./plugin.ts";
import type { Request } from "./request.ts";

/** `pods "x" is forbidden: …`, as admission.NewForbidden words it. */
export function forbiddenStatus(request: Request, message: string, details: Partial<StatusDetails> = {}): StatusError {
  const { group, resource } = request.resource;
  const name = request.name === "" ? (request.object?.metadata.generateName ?? "") : request.name;
  const qualified = group === "" ? resource : `${resource}.${group}`;
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

/** True for a resource of the core group without a subresource. */
export function isCore(request: Request, resource: string): boolean {
  return request.resource.group === "" && request.resource.resource === resource && request.subResource === "";
}

import {
  aggregated,
  type KubeObject,
  qualifiedResource,
  refusalStatus,
  type Status,
  type StatusDetails,
  StatusError,
} from "@sallyport/kube";
import type { Reason } from "./decision.ts";
import type { Annotations, PluginResult } from "./plugin.ts";
import type { Request } from "./request.ts";

/** `pods "x" is forbidden: …`, as admission.NewForbidden words it. */
export function forbiddenText(request: Request, message: string): string {
  const qualified = qualifiedResource(request.resource);
  const name = nameOf(request);
  return name === "" ? `${qualified} is forbidden: ${message}` : `${qualified} "${name}" is forbidden: ${message}`;
}

/** The status of a refusal, to answer with: nothing is thrown, so no stack is read for it. */
export function forbiddenAnswer(request: Request, message: string, details: Partial<StatusDetails> = {}): Status {
  const { group, resource } = request.resource;
  const told = { name: nameOf(request), ...(group === "" ? {} : { group }), kind: resource, ...details };
  return refusalStatus("Forbidden", forbiddenText(request, message), told);
}

/** The same to throw. */
export function forbiddenStatus(request: Request, message: string, details: Partial<StatusDetails> = {}): StatusError {
  const { message: text, details: told } = forbiddenAnswer(request, message, details);
  return new StatusError("Forbidden", text ?? "", told);
}

function nameOf({ name, object }: Request): string {
  return name === "" ? (object?.metadata.generateName ?? "") : name;
}

/** A refusal with one reason. */
export function deny(request: Request, code: string, message: string, fieldPath = ""): PluginResult {
  return {
    outcome: "denied",
    why: message,
    status: forbiddenAnswer(request, message),
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

import { diffObjects, type KubeObject } from "@sallyport/kube";
import type { Decision } from "../decision.ts";
import { forbiddenText } from "../refusals.ts";
import type { Operation, Request } from "../request.ts";
import { isKubeObject } from "../review.ts";

/** A review that an API server asks of us. */
export interface IncomingReview {
  readonly version: "v1" | "v1beta1";
  readonly request: Request;
}

const operations: readonly string[] = ["CREATE", "UPDATE", "DELETE", "CONNECT"];

type Fields = { readonly [field: string]: unknown };

/** Reads an AdmissionReview, or says what is wrong with it in one line. https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#request */
export function readReview(body: unknown): IncomingReview | string {
  if (!isFields(body) || body["kind"] !== "AdmissionReview") return "the body must be an AdmissionReview";
  const version = /^admission\.k8s\.io\/(v1|v1beta1)$/.exec(String(body["apiVersion"]))?.[1];
  if (version === undefined)
    return `apiVersion ${JSON.stringify(body["apiVersion"])} is none of admission.k8s.io/v1, admission.k8s.io/v1beta1`;
  const asked = body["request"];
  if (!isFields(asked)) return "the review has no request";
  const request = readRequest(asked);
  return typeof request === "string" ? request : { version: version as "v1" | "v1beta1", request };
}

function readRequest(asked: Fields): Request | string {
  const { uid, kind, resource, operation } = asked;
  if (typeof uid !== "string" || uid === "") return "request.uid must be a text";
  if (!isFields(kind)) return "request.kind must be an object";
  if (!isFields(resource)) return "request.resource must be an object";
  if (typeof operation !== "string" || !operations.includes(operation))
    return `request.operation must be one of ${operations.join(", ")}`;
  for (const field of ["object", "oldObject"])
    if (asked[field] !== undefined && asked[field] !== null && !isKubeObject(asked[field]))
      return `request.${field} must be an object with kind and metadata`;
  const request = requestOf(asked);
  // As kube-apiserver has it within, a namespace lies in itself.
  const isNamespace = request.kind.group === "" && request.kind.kind === "Namespace";
  return isNamespace && request.namespace === "" ? { ...request, namespace: request.name } : request;
}

/** An AdmissionRequest as the chain has it; what is not there is empty, as where nobody sent a request. */
export function requestOf(asked: Fields): Request {
  const { kind, resource, userInfo } = asked;
  const text = (fields: unknown, field: string) => String((isFields(fields) ? fields[field] : undefined) ?? "");
  return {
    uid: text(asked, "uid"),
    kind: { group: text(kind, "group"), version: text(kind, "version"), kind: text(kind, "kind") },
    resource: {
      group: text(resource, "group"),
      version: text(resource, "version"),
      resource: text(resource, "resource"),
    },
    subResource: text(asked, "subResource"),
    name: text(asked, "name"),
    namespace: text(asked, "namespace"),
    operation: text(asked, "operation") as Operation,
    userInfo: readUser(isFields(userInfo) ? userInfo : {}),
    object: (asked["object"] ?? null) as KubeObject | null,
    oldObject: (asked["oldObject"] ?? null) as KubeObject | null,
    options: (asked["options"] ?? null) as Request["options"],
    dryRun: asked["dryRun"] === true,
  };
}

function readUser(user: Fields): Request["userInfo"] {
  const { username, uid, groups, extra } = user;
  return {
    username: String(username ?? ""),
    ...(typeof uid === "string" ? { uid } : {}),
    groups: Array.isArray(groups) ? groups.map(String) : [],
    ...(isFields(extra) ? { extra: extra as { readonly [key: string]: readonly string[] } } : {}),
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The review that answers: what was decided, with the changes as a JSON patch. */
export function answerReview({ version, request }: IncomingReview, decision: Decision): object {
  const { allowed, status, warnings, auditAnnotations } = decision;
  const changes = allowed && request.object !== null ? diffObjects(request.object, decision.object) : [];
  const annotations = Object.entries(auditAnnotations).map(([key, value]) => [annotationKey(key), value]);
  return {
    kind: "AdmissionReview",
    apiVersion: `admission.k8s.io/${version}`,
    response: {
      uid: request.uid,
      allowed,
      ...(allowed || status === undefined ? {} : { status: told(status, request) }),
      ...(changes.length === 0 ? {} : { patchType: "JSONPatch", patch: base64(JSON.stringify(changes)) }),
      ...(warnings.length === 0 ? {} : { warnings }),
      ...(annotations.length === 0 ? {} : { auditAnnotations: Object.fromEntries(annotations) }),
    },
  };
}

/** Without the object's name, since the API server puts its own words before the message. */
function told({ message = "", reason, code, details }: NonNullable<Decision["status"]>, request: Request): object {
  const prefix = forbiddenText(request, "");
  const own = details?.causes === undefined ? {} : { details: { causes: details.causes } };
  const said = message.startsWith(prefix) ? message.slice(prefix.length) : message;
  return { status: "Failure", message: said, ...(reason === undefined ? {} : { reason }), code, ...own };
}

/** The API server puts the webhook's name and a slash before it: another slash would make it no key. */
function annotationKey(key: string): string {
  return key.replaceAll("/", ".");
}

function base64(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

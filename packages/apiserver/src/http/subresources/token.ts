import { randomUUID } from "node:crypto";
import { invalidStatus, type KubeObject, parseApiVersion, StatusError, timestampOf } from "@sallyport/kube";
import type { PrivateClaims, TokenRef } from "../../authentication/service-account-claims.ts";
import { signBound } from "../../authentication/service-account-issuer.ts";
import { conflict, notFound } from "../../registry/faults.ts";
import { admitSent } from "../../registry/sent.ts";
import { write } from "../answer.ts";
import { decodeObjectBody } from "../body.ts";
import type { HandlerOptions } from "../call.ts";
import { writeObject } from "../list.ts";
import { readObject } from "../read-object.ts";
import { checkPartialForm } from "../refusals.ts";
import type { Subresource } from "./subresource.ts";

interface BoundRef {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly uid?: string;
}

interface TokenRequest extends KubeObject {
  readonly spec: {
    readonly audiences?: readonly string[] | null;
    readonly expirationSeconds?: number;
    readonly boundObjectRef?: BoundRef | null;
  };
}

const tokenKind = {
  group: "authentication.k8s.io",
  kind: "TokenRequest",
  version: "v1",
  schema: "io.k8s.api.authentication.v1.TokenRequest",
};
const defaultSeconds = 3600;
const minSeconds = 600;
const maxSeconds = 2 ** 32;
/** What kubelet asks for; such tokens of pods are made to last a year, so that old clients that never read them again go on. */
const extendableSeconds = 3607;
const extendedSeconds = 365 * 24 * 60 * 60;

/** TokenRequest: a token of a service account that expires, and may die with a pod, a secret or a node. */
export const token: Subresource = {
  name: "serviceaccounts/token",
  serve: async ({ call, context, bytes, type }, options) => {
    const now = options.now();
    const body = decodeObjectBody(bytes, type, "TokenRequest");
    const kind = { ...tokenKind, complete: defaulted };
    const admitted = await admitSent(options.registry, kind, body, context, now, async (each) =>
      completed(each as TokenRequest, readObject(call, context.info, options), options.serviceAccounts, now),
    );
    const account = readObject(call, context.info, options);
    const { metadata, spec } = admitted as TokenRequest;
    const { expirationSeconds: seconds = defaultSeconds } = spec;
    const audiences = spec.audiences ?? [];
    const bound = spec.boundObjectRef ? boundTo(spec.boundObjectRef, account, options) : {};
    const isExtended = bound.pod !== undefined && seconds === extendableSeconds && isForServer(audiences, options);
    const claims: PrivateClaims = {
      namespace: account.metadata.namespace ?? "",
      ...bound,
      serviceaccount: refOf(account),
      ...(isExtended ? { warnafter: Math.floor(now / 1000) + seconds } : {}),
    };
    const lifetime = isExtended ? extendedSeconds : seconds;
    const id = randomUUID();
    const text = await signBound(options.serviceAccounts, { id, audiences, now, seconds: lifetime, claims });
    call.audit.annotate({ "authentication.kubernetes.io/issued-credential-id": `JTI=${id}` });
    const info = { ...context.info, ...tokenKind };
    const answer = {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata,
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
      status: { token: text, expirationTimestamp: timestampOf(now + seconds * 1000) },
    };
    checkPartialForm(call.wanted, info, false);
    write(call, 201, writeObject(answer, { info, query: call.query, wanted: call.wanted, now: options.now }));
  },
};

function defaulted(request: KubeObject): KubeObject {
  const given = request["spec"] as object | undefined;
  const spec = { audiences: null, expirationSeconds: defaultSeconds, boundObjectRef: null, ...given };
  return { ...request, spec };
}

/** The request with what the server knows. Throws what is wrong with it. */
function completed(
  request: TokenRequest,
  account: KubeObject,
  { apiAudiences }: HandlerOptions["serviceAccounts"],
  now: number,
): KubeObject {
  check(request, account);
  const { name = "", namespace = "", uid = "" } = account.metadata;
  const { audiences } = request.spec;
  return {
    ...request,
    metadata: { ...request.metadata, name, namespace, uid, creationTimestamp: timestampOf(now) },
    spec: { ...request.spec, audiences: audiences?.length ? audiences : apiAudiences },
  };
}

function isForServer(audiences: readonly string[], { serviceAccounts }: HandlerOptions): boolean {
  return JSON.stringify(audiences) === JSON.stringify(serviceAccounts.apiAudiences);
}

function check({ metadata, spec }: TokenRequest, account: KubeObject): void {
  const { name = "", uid = "" } = account.metadata;
  if (metadata.name && metadata.name !== name)
    throw refused(name, "metadata.name", metadata.name, "must match the service account name if specified");
  if (metadata.uid && metadata.uid !== uid)
    throw conflict(
      { group: tokenKind.group, resource: tokenKind.kind },
      name,
      `the UID in the token request (${metadata.uid}) does not match the UID of the service account (${uid})`,
    );
  const { expirationSeconds: seconds = defaultSeconds } = spec;
  if (seconds < minSeconds)
    throw refused("", "spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes");
  if (seconds > maxSeconds)
    throw refused("", "spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds");
}

function refused(name: string, field: string, value: unknown, detail: string): StatusError {
  const message = `Invalid value: ${JSON.stringify(value)}: ${detail}`;
  return invalidStatus(tokenKind, name, [{ field, reason: "FieldValueInvalid", message }]);
}

/** Of the core group, in whichever version. */
const boundKinds: { readonly [kind: string]: string } = { Pod: "pods", Secret: "secrets", Node: "nodes" };

function boundTo(
  ref: BoundRef,
  account: KubeObject,
  { cache }: HandlerOptions,
): Pick<PrivateClaims, "pod" | "secret" | "node"> {
  const { kind = "", apiVersion = "", name = "", uid = "" } = ref;
  const { group, version } = parseApiVersion(apiVersion);
  const resource = group === "" ? boundKinds[kind] : undefined;
  if (resource === undefined) {
    throw new StatusError("BadRequest", `cannot bind token to object of type ${group}/${version}, Kind=${kind}`);
  }
  if (name === "") throw new StatusError("BadRequest", "Name parameter required.");
  const namespace = resource === "nodes" ? "" : (account.metadata.namespace ?? "");
  const object = cache.get("", resource, namespace, name);
  if (object === undefined) throw notFound({ group: "", resource }, name);
  const found = refOf(object);
  if (uid !== "" && uid !== found.uid)
    throw conflict(
      { group: "", resource: kind },
      name,
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (resource === "pods") return { ...nodeOfPod(object, account, cache), pod: found };
  return resource === "secrets" ? { secret: found } : { node: found };
}

/** Where the pod runs is told with it. */
function nodeOfPod(pod: KubeObject, account: KubeObject, cache: HandlerOptions["cache"]): { readonly node?: TokenRef } {
  const spec = (pod["spec"] ?? {}) as { readonly serviceAccountName?: string; readonly nodeName?: string };
  const own = account.metadata.name ?? "";
  if (spec.serviceAccountName !== own)
    throw new StatusError(
      "BadRequest",
      `cannot bind token for serviceaccount ${JSON.stringify(own)} to pod running with different serviceaccount name.`,
    );
  if (!spec.nodeName) return {};
  const node = cache.get("", "nodes", "", spec.nodeName);
  return { node: { name: spec.nodeName, uid: node?.metadata.uid ?? "" } };
}

function refOf({ metadata: { name = "", uid = "" } }: KubeObject): TokenRef {
  return { name, uid };
}

import { invalidStatus, type KubeObject, StatusError } from "@sallyport/kube";
import type { PrivateClaims, TokenRef } from "../../authentication/service-account-claims.ts";
import { signBound } from "../../authentication/service-account-issuer.ts";
import { conflict, notFound } from "../../registry/faults.ts";
import { timestampOf } from "../../timestamp.ts";
import { write } from "../answer.ts";
import { decodeSent } from "../body.ts";
import type { HandlerOptions } from "../call.ts";
import { readObject } from "../read-object.ts";
import type { Subresource } from "./subresource.ts";

const tokenKind = { kind: "TokenRequest", version: "v1", schema: "io.k8s.api.authentication.v1.TokenRequest" };

interface BoundRef {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly name?: string;
  readonly uid?: string;
}

interface TokenRequest {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: {
    readonly audiences?: readonly string[];
    readonly expirationSeconds?: number;
    readonly boundObjectRef?: BoundRef | null;
  };
}

const tokenInfo = { group: "authentication.k8s.io", kind: "TokenRequest" };
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
    const account = readObject(call, context.info, options);
    const request = decodeSent(bytes, type, tokenKind) as TokenRequest;
    const { name = "", namespace = "" } = account.metadata;
    check(request, name, namespace);
    const { spec = {} } = request;
    const audiences = spec.audiences?.length ? spec.audiences : options.serviceAccounts.apiAudiences;
    const seconds = spec.expirationSeconds ?? defaultSeconds;
    const bound = spec.boundObjectRef ? boundTo(spec.boundObjectRef, account, options) : {};
    const now = options.now();
    const isExtended = bound.pod !== undefined && seconds === extendableSeconds && isForServer(audiences, options);
    const claims: PrivateClaims = {
      namespace,
      ...bound,
      serviceaccount: refOf(account),
      ...(isExtended ? { warnafter: Math.floor(now / 1000) + seconds } : {}),
    };
    const lifetime = isExtended ? extendedSeconds : seconds;
    const text = await signBound(options.serviceAccounts, { audiences, now, seconds: lifetime, claims });
    write(call, 201, {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata: { name, namespace, uid: account.metadata.uid, creationTimestamp: timestampOf(now) },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
      status: { token: text, expirationTimestamp: timestampOf(now + seconds * 1000) },
    });
  },
};

function isForServer(audiences: readonly string[], { serviceAccounts }: HandlerOptions): boolean {
  return JSON.stringify(audiences) === JSON.stringify(serviceAccounts.apiAudiences);
}

function check({ metadata = {}, spec = {} }: TokenRequest, name: string, namespace: string): void {
  if (metadata.namespace && metadata.namespace !== namespace)
    throw new StatusError(
      "BadRequest",
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  if (metadata.name && metadata.name !== name)
    throw refused(name, "metadata.name", metadata.name, "must match the service account name if specified");
  const { expirationSeconds: seconds } = spec;
  if (seconds === undefined) return;
  if (!Number.isInteger(seconds) || seconds < minSeconds)
    throw refused("", "spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes");
  if (seconds > maxSeconds)
    throw refused("", "spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds");
}

function refused(name: string, field: string, value: unknown, detail: string): StatusError {
  const message = `Invalid value: ${JSON.stringify(value)}: ${detail}`;
  return invalidStatus(tokenInfo, name, [{ field, reason: "FieldValueInvalid", message }]);
}

const boundKinds: { readonly [gvk: string]: string } = { "v1 Pod": "pods", "v1 Secret": "secrets", "v1 Node": "nodes" };

function boundTo(
  ref: BoundRef,
  account: KubeObject,
  { cache }: HandlerOptions,
): Pick<PrivateClaims, "pod" | "secret" | "node"> {
  const { kind = "", apiVersion = "v1", name = "", uid = "" } = ref;
  const resource = boundKinds[`${apiVersion} ${kind}`];
  if (resource === undefined) {
    const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
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

import { convertBuiltin, type KubeObject, matchesSelector, parseApiVersion, type ResourceInfo } from "@sallyport/kube";
import type { Snapshot } from "../snapshot.ts";
import type { ParamKind, ParamRef } from "./policy.ts";

/** The parameters that a policy is asked with, once for each; undefined stands for none. Or what is wrong with the binding. */
export type Params = readonly (KubeObject | undefined)[] | string;

/** The resource of a policy's parameters, or what is wrong with the policy. */
export function paramResource({ apiVersion, kind }: ParamKind, { catalogue }: Snapshot): ResourceInfo | string {
  const { group, version } = parseApiVersion(apiVersion);
  const fault = `failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind}'`;
  return catalogue.findKind(group, version, kind) ?? fault;
}

/**
 * What a binding's paramRef selects: by name or by labels, in its own namespace or the request's.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#parameter-resources
 */
export function collectParams(
  resource: ResourceInfo | undefined,
  ref: ParamRef | undefined,
  requestNamespace: string,
  snapshot: Snapshot,
): Params {
  // A policy without parameters, or a binding without them: the policy is asked once, and `params` is null.
  if (resource === undefined || ref === undefined) return [undefined];
  const place = placeOf(resource, ref, requestNamespace);
  if (typeof place !== "object") return place;
  const found = selected(resource, ref, place.namespace, snapshot);
  return found.length === 0 && ref.parameterNotFoundAction === "Deny"
    ? "no params found for policy binding with `Deny` parameterNotFoundAction"
    : found;
}

function placeOf(
  { namespaced }: ResourceInfo,
  ref: ParamRef,
  requestNamespace: string,
): { readonly namespace: string } | string {
  const given = ref.namespace ?? "";
  if (!namespaced)
    return given === ""
      ? { namespace: "" }
      : "paramRef.namespace must not be provided for a cluster-scoped `paramKind`";
  const namespace = given === "" ? requestNamespace : given;
  // A policy that may match cluster-scoped objects must say where its parameters lie.
  return namespace === ""
    ? "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
    : { namespace };
}

function selected(
  { group, version, resource, custom }: ResourceInfo,
  { name = "", selector = {} }: ParamRef,
  namespace: string,
  { objects }: Snapshot,
): readonly KubeObject[] {
  const apiVersion = group === "" ? version : `${group}/${version}`;
  const shown = (object: KubeObject) => (custom === undefined ? convertBuiltin(object, apiVersion) : object);
  if (name !== "") {
    const found = objects.get(group, resource, namespace, name);
    return found === undefined ? [] : [shown(found)];
  }
  const all = namespace === "" ? objects.list(group, resource) : objects.list(group, resource, namespace);
  return all.filter(({ metadata }) => matchesSelector(selector, metadata.labels ?? {})).map(shown);
}

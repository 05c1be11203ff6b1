import type { UserInfo } from "@sallyport/admission";
import { authorizeByRbac, type RbacReader, type ResourceInfo, rulesFor, StatusError } from "@sallyport/kube";

type Json = { readonly [field: string]: unknown };

interface ResourceAttributes {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
}

interface ReviewSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
  readonly namespace?: string;
  readonly user?: string;
  readonly groups?: readonly string[];
}

/** Kinds that are asked and never stored. Undefined for all others. */
export function answerReview(
  info: ResourceInfo,
  body: Json,
  user: UserInfo,
  reader: RbacReader,
  namespace: string,
): Json | undefined {
  const spec = (body["spec"] ?? {}) as ReviewSpec;
  switch (info.resource) {
    case "selfsubjectreviews":
      return { ...body, status: { userInfo: { username: user.username, groups: user.groups } } };
    case "selfsubjectaccessreviews":
      return { ...body, status: accessStatus(spec, user, reader) };
    case "localsubjectaccessreviews":
      if (spec.resourceAttributes?.namespace !== namespace)
        throw new StatusError("BadRequest", "spec.resourceAttributes.namespace must match metadata.namespace");
      return { ...body, status: accessStatus(spec, subjectOf(spec), reader) };
    case "subjectaccessreviews":
      return { ...body, status: accessStatus(spec, subjectOf(spec), reader) };
    case "selfsubjectrulesreviews":
      return { ...body, status: rulesStatus(spec, user, reader) };
    case "tokenreviews":
      return { ...body, spec: {}, status: { authenticated: false, error: "the token is not one of this server's" } };
    default:
      return undefined;
  }
}

function subjectOf({ user = "", groups = [] }: ReviewSpec): UserInfo {
  return { username: user, groups };
}

function accessStatus(
  { resourceAttributes, nonResourceAttributes }: ReviewSpec,
  user: UserInfo,
  reader: RbacReader,
): Json {
  if (nonResourceAttributes !== undefined) {
    const { path = "", verb = "" } = nonResourceAttributes;
    return answer(authorizeByRbac(reader, { user, verb, path, group: "", resource: "", namespace: "", name: "" }));
  }
  if (resourceAttributes === undefined)
    throw new StatusError(
      "Invalid",
      "spec.resourceAttributes: exactly one of nonResourceAttributes or resourceAttributes must be specified",
    );
  const { namespace = "", verb = "", group = "", resource = "", subresource = "", name = "" } = resourceAttributes;
  return answer(authorizeByRbac(reader, { user, verb, group, resource, subresource, namespace, name }));
}

function answer({ allowed, reason }: { readonly allowed: boolean; readonly reason: string }): Json {
  return { allowed, ...(reason === "" ? {} : { reason }) };
}

function rulesStatus({ namespace = "" }: ReviewSpec, user: UserInfo, reader: RbacReader): Json {
  const rules = [...rulesFor(reader, user, namespace)].map(({ rule }) => rule);
  const resourceRules = rules
    .filter(({ resources }) => resources !== undefined)
    .map(({ verbs, apiGroups, resources, resourceNames }) => ({
      verbs,
      apiGroups,
      resources,
      ...(resourceNames === undefined ? {} : { resourceNames }),
    }));
  const nonResourceRules = rules
    .filter(({ nonResourceURLs }) => nonResourceURLs !== undefined)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  return { resourceRules, nonResourceRules, incomplete: false };
}

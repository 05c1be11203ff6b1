import type { UserInfo } from "@sallyport/admission";
import { type FieldError, invalid } from "@sallyport/kube";
import type { Attributes, SelectorRequirement } from "../authorization/authorizer.ts";
import { fieldRequirements, labelRequirements, selectorsOf } from "../authorization/selectors.ts";
import { invalidReview, type Json, type Review, type ReviewCall } from "./review.ts";
import { type SelectorAttributes, selectorErrors } from "./selectors.ts";

interface ResourceAttributes {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
  readonly fieldSelector?: SelectorAttributes;
  readonly labelSelector?: SelectorAttributes;
}

interface AccessSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
  readonly user?: string;
  readonly groups?: readonly string[];
  /** v1beta1's name of the groups. */
  readonly group?: readonly string[];
  readonly uid?: string;
  readonly extra?: { readonly [key: string]: readonly string[] };
}

export const selfSubjectAccessReview: Review = (call) => {
  const spec = specOf(call);
  refuse([...specErrors(spec), ...resourceErrors(spec), ...metadataErrors(call)]);
  return answer(call, spec, call.user);
};

export const subjectAccessReview: Review = (call) => {
  const spec = specOf(call);
  refuse([...specErrors(spec), ...subjectErrors(spec), ...resourceErrors(spec), ...metadataErrors(call)]);
  return answer(call, spec, subjectOf(spec));
};

/** Of one namespace, which the spec must name. */
export const localSubjectAccessReview: Review = (call) => {
  const spec = specOf(call);
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  const errors = [...specErrors(spec), ...subjectErrors(spec), ...resourceErrors(spec), ...metadataErrors(call)];
  if (resource !== undefined && resource.namespace !== call.namespace)
    errors.push(
      invalid("spec.resourceAttributes.namespace", resource.namespace ?? "", "must match metadata.namespace"),
    );
  if (path !== undefined)
    errors.push(invalid("spec.nonResourceAttributes", goPath(path), "disallowed on this kind of request"));
  refuse(errors);
  return answer(call, spec, subjectOf(spec));
};

function specOf({ body }: ReviewCall): AccessSpec {
  return (body["spec"] ?? {}) as AccessSpec;
}

/** The fields as the Go struct names them. */
function goPath({ path = "", verb = "" }: NonNullable<AccessSpec["nonResourceAttributes"]>): object {
  return { Path: path, Verb: verb };
}

function specErrors({ resourceAttributes: resource, nonResourceAttributes: path }: AccessSpec): readonly FieldError[] {
  if ((resource === undefined) !== (path === undefined)) return [];
  const why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
  return [invalid("spec", path === undefined ? null : goPath(path), why)];
}

function resourceErrors({ resourceAttributes: resource }: AccessSpec): readonly FieldError[] {
  return [
    ...selectorErrors("fieldSelector", resource?.fieldSelector),
    ...selectorErrors("labelSelector", resource?.labelSelector),
  ];
}

function subjectErrors({ user = "", groups = [], group = [] }: AccessSpec): readonly FieldError[] {
  return user === "" && groups.length + group.length === 0
    ? [invalid("spec.user", "", "at least one of user or group must be specified")]
    : [];
}

function metadataErrors({ body, info }: ReviewCall): readonly FieldError[] {
  const metadata = (body["metadata"] ?? {}) as Json;
  const { managedFields: _managed, namespace, ...rest } = metadata;
  const given = info.namespaced || namespace === undefined ? rest : { ...rest, namespace };
  const why = info.namespaced ? "must be empty except for namespace" : "must be empty";
  return Object.keys(given).length === 0 ? [] : [invalid("metadata", metadata, why)];
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidReview(errors);
}

function subjectOf({ user = "", groups, group, uid, extra }: AccessSpec): UserInfo {
  return { username: user, groups: groups ?? group ?? [], ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}

async function answer({ authorizer }: ReviewCall, spec: AccessSpec, user: UserInfo): Promise<Json> {
  const { decision, reason, error } = await authorizer.authorize(attributesOf(spec, user));
  return {
    allowed: decision === "Allow",
    ...(decision === "Deny" ? { denied: true } : {}),
    ...(reason === "" ? {} : { reason }),
    ...(error === undefined ? {} : { evaluationError: error }),
  };
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: AccessSpec, user: UserInfo): Attributes {
  if (nonResourceAttributes !== undefined) {
    const { path = "", verb = "" } = nonResourceAttributes;
    return { user, verb, path, group: "", resource: "", namespace: "", name: "" };
  }
  const attributes = resourceAttributes ?? {};
  const {
    namespace = "",
    verb = "",
    group = "",
    version = "",
    resource = "",
    subresource = "",
    name = "",
  } = attributes;
  const fieldSelector = requiredFields(attributes.fieldSelector);
  const selectors = selectorsOf(
    requirementsOf(attributes.fieldSelector, fieldRequirements),
    requirementsOf(attributes.labelSelector, labelRequirements),
  );
  return { user, verb, group, version, resource, subresource, namespace, name, fieldSelector, ...selectors };
}

/** Those that an authorizer may know; others only make it see less. */
function requirementsOf(
  { requirements = [], rawSelector = "" }: SelectorAttributes = {},
  parse: typeof fieldRequirements,
): readonly SelectorRequirement[] {
  if (rawSelector !== "") return parse(rawSelector);
  const known = ["In", "NotIn", "Exists", "DoesNotExist"];
  return requirements
    .filter(({ operator = "" }) => known.includes(operator))
    .map(({ key = "", operator = "", values }) => ({ key, operator, ...(values === undefined ? {} : { values }) }));
}

function requiredFields({ requirements = [] }: SelectorAttributes = {}): { readonly [field: string]: string } {
  return Object.fromEntries(
    requirements.flatMap(({ key = "", operator, values = [] }) =>
      operator === "In" && values.length === 1 ? [[key, String(values[0])]] : [],
    ),
  );
}

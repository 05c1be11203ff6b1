import type { Environment, Library, StructType } from "../../check/environment.ts";
import { ANY, listType, mapType, STRING, structType, type Type } from "../../check/type.ts";
import { kubernetesEnvironment } from "./environment.ts";

const strings = listType(STRING);
const requirements = listType(structType("kubernetes.SelectorRequirement"));
const requirement = { key: STRING, operator: STRING, values: strings };

const structs: { readonly [name: string]: { readonly [field: string]: Type } } = {
  "kubernetes.UserInfo": { username: STRING, uid: STRING, groups: strings, extra: mapType(STRING, strings) },
  "kubernetes.SubjectAccessReviewSpec": {
    resourceAttributes: structType("kubernetes.ResourceAttributes"),
    nonResourceAttributes: structType("kubernetes.NonResourceAttributes"),
    user: STRING,
    groups: strings,
    extra: mapType(STRING, strings),
    uid: STRING,
  },
  "kubernetes.ResourceAttributes": {
    namespace: STRING,
    verb: STRING,
    group: STRING,
    version: STRING,
    resource: STRING,
    subresource: STRING,
    name: STRING,
    fieldSelector: structType("kubernetes.FieldSelectorAttributes"),
    labelSelector: structType("kubernetes.LabelSelectorAttributes"),
  },
  "kubernetes.NonResourceAttributes": { path: STRING, verb: STRING },
  "kubernetes.FieldSelectorAttributes": { rawSelector: STRING, requirements },
  "kubernetes.LabelSelectorAttributes": { rawSelector: STRING, requirements },
  "kubernetes.SelectorRequirement": requirement,
};

const types: Library = {
  name: "kubernetes.access",
  structs: (name): StructType | undefined => {
    const fields = Object.hasOwn(structs, name) ? structs[name] : undefined;
    return fields && { name, field: (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined) };
  },
};

function withVariable(name: string, type: Type): Environment {
  return kubernetesEnvironment().extend({ libraries: [types], variables: { [name]: type } });
}

/** `claims` of a token, in a structured authentication configuration. */
export function claimsEnvironment(): Environment {
  return withVariable("claims", mapType(STRING, ANY));
}

/** `user`, as the claims have made it. */
export function userEnvironment(): Environment {
  return withVariable("user", structType("kubernetes.UserInfo"));
}

/** `request`, the spec of a SubjectAccessReview, in a structured authorization configuration. */
export function accessReviewEnvironment(): Environment {
  return withVariable("request", structType("kubernetes.SubjectAccessReviewSpec"));
}

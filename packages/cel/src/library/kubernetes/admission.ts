import type { Environment, Library, StructType } from "../../check/environment.ts";
import { BOOL, DYN, listType, mapType, STRING, structType, type Type } from "../../check/type.ts";
import { AUTHORIZER_TYPE, RESOURCE_CHECK_TYPE } from "./authorizer.ts";
import { kubernetesEnvironment } from "./environment.ts";

/**
 * The environment of webhooks' match conditions.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-matchconditions
 */
export function matchConditionEnvironment(): Environment {
  return kubernetesEnvironment().extend({
    libraries: [requestTypes],
    variables: {
      object: DYN,
      oldObject: DYN,
      request: structType("kubernetes.AdmissionRequest"),
      authorizer: AUTHORIZER_TYPE,
      "authorizer.requestResource": RESOURCE_CHECK_TYPE,
    },
  });
}

type Fields = { readonly [field: string]: Type };

const strings = listType(STRING);

const structs: { readonly [name: string]: Fields } = {
  "kubernetes.GroupVersionKind": { group: STRING, version: STRING, kind: STRING },
  "kubernetes.GroupVersionResource": { group: STRING, version: STRING, resource: STRING },
  "kubernetes.UserInfo": { username: STRING, uid: STRING, groups: strings, extra: mapType(STRING, strings) },
  "kubernetes.AdmissionRequest": {
    kind: structType("kubernetes.GroupVersionKind"),
    resource: structType("kubernetes.GroupVersionResource"),
    subResource: STRING,
    requestKind: structType("kubernetes.GroupVersionKind"),
    requestResource: structType("kubernetes.GroupVersionResource"),
    requestSubResource: STRING,
    name: STRING,
    namespace: STRING,
    operation: STRING,
    userInfo: structType("kubernetes.UserInfo"),
    dryRun: BOOL,
    options: DYN,
  },
};

const requestTypes: Library = { name: "kubernetes.admission", structs: structNamed };

function structNamed(name: string): StructType | undefined {
  const fields = Object.hasOwn(structs, name) ? structs[name] : undefined;
  if (fields === undefined) return undefined;
  return { name, field: (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined) };
}

import type { Environment, Library, StructType } from "../../check/environment.ts";
import { BOOL, DYN, INT, listType, mapType, STRING, structType, TIMESTAMP, type Type } from "../../check/type.ts";
import type { SchemaDeclaration } from "../../schema.ts";
import { AUTHORIZER_TYPE, RESOURCE_CHECK_TYPE } from "./authorizer.ts";
import { kubernetesEnvironment } from "./environment.ts";
import { mutation } from "./mutation.ts";

/** What an expression of a policy or webhook reads beside object, oldObject, request and namespaceObject. */
export interface AdmissionVariables {
  readonly hasParams: boolean;
  /** `authorizer` and `authorizer.requestResource`. */
  readonly hasAuthorizer: boolean;
  /** `Object{…}` and `JSONPatch{…}`, of mutations. */
  readonly hasPatchTypes: boolean;
}

/** One of each of the few combinations. */
const environments = new Map<string, Environment>();

/**
 * The environment of admission's expressions.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#validation-expression
 */
export function admissionEnvironment(variables: AdmissionVariables): Environment {
  const { hasParams, hasAuthorizer, hasPatchTypes } = variables;
  const key = [hasParams, hasAuthorizer, hasPatchTypes].join();
  let known = environments.get(key);
  if (known === undefined) {
    known = createEnvironment(variables);
    environments.set(key, known);
  }
  return known;
}

/**
 * The environment of webhooks' match conditions. Upstream declares `namespaceObject` for them too; its value is null.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-matchconditions
 */
export function matchConditionEnvironment(): Environment {
  return admissionEnvironment({ hasParams: false, hasAuthorizer: true, hasPatchTypes: false });
}

function createEnvironment({ hasParams, hasAuthorizer, hasPatchTypes }: AdmissionVariables): Environment {
  return kubernetesEnvironment().extend({
    libraries: hasPatchTypes ? [requestTypes, mutation] : [requestTypes],
    variables: {
      object: DYN,
      oldObject: DYN,
      request: structType("kubernetes.AdmissionRequest"),
      namespaceObject: structType("kubernetes.Namespace"),
      ...(hasParams ? { params: DYN } : {}),
      ...(hasAuthorizer ? { authorizer: AUTHORIZER_TYPE, "authorizer.requestResource": RESOURCE_CHECK_TYPE } : {}),
    },
  });
}

/** What is known of the objects that an admission policy is asked about, and of its parameters. */
export interface AdmissionTypes {
  readonly object: SchemaDeclaration | undefined;
  /** Absent where the policy has none. */
  readonly params?: { readonly declaration: SchemaDeclaration | undefined };
}

/** The environment in which the expressions of a policy are checked against the types of objects; no value is ever there. */
export function typeCheckEnvironment({ object, params }: AdmissionTypes): Environment {
  const declarations = [object, params?.declaration].filter((each) => each !== undefined);
  const structs = (name: string) =>
    declarations.map((each) => each.structs.get(name)).find((each) => each !== undefined);
  const type = object?.type ?? DYN;
  return kubernetesEnvironment().extend({
    libraries: [requestTypes, { name: "kubernetes.objects", structs }],
    variables: {
      object: type,
      oldObject: type,
      request: structType("kubernetes.AdmissionRequest"),
      namespaceObject: structType("kubernetes.Namespace"),
      authorizer: AUTHORIZER_TYPE,
      ...(params === undefined ? {} : { params: params.declaration?.type ?? DYN }),
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
  "kubernetes.Namespace": {
    metadata: structType("kubernetes.NamespaceMetadata"),
    spec: structType("kubernetes.NamespaceSpec"),
    status: structType("kubernetes.NamespaceStatus"),
  },
  "kubernetes.NamespaceMetadata": {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    labels: mapType(STRING, STRING),
    annotations: mapType(STRING, STRING),
    UID: STRING,
    creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT,
    deletionTimestamp: TIMESTAMP,
    generation: INT,
    resourceVersion: STRING,
    finalizers: strings,
  },
  "kubernetes.NamespaceSpec": { finalizers: strings },
  "kubernetes.NamespaceStatus": { conditions: listType(structType("kubernetes.NamespaceCondition")), phase: STRING },
  "kubernetes.NamespaceCondition": {
    status: STRING,
    type: STRING,
    lastTransitionTime: TIMESTAMP,
    message: STRING,
    reason: STRING,
  },
};

const requestTypes: Library = { name: "kubernetes.admission", structs: structNamed };

function structNamed(name: string): StructType | undefined {
  const fields = Object.hasOwn(structs, name) ? structs[name] : undefined;
  if (fields === undefined) return undefined;
  return { name, field: (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined) };
}

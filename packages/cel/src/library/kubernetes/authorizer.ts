import type { FunctionDeclaration, Library } from "../../check/environment.ts";
import { BOOL, STRING, structType, type Type } from "../../check/type.ts";
import { CelError, Opaque, type Value } from "../../value/value.ts";
import { declare, member } from "../declare.ts";

export const AUTHORIZER_TYPE: Type = structType("kubernetes.authorization.Authorizer");
/** Of the variable `authorizer.requestResource`. */
export const RESOURCE_CHECK_TYPE: Type = structType("kubernetes.authorization.ResourceCheck");
const PATH_CHECK: Type = structType("kubernetes.authorization.PathCheck");
const GROUP_CHECK: Type = structType("kubernetes.authorization.GroupCheck");
const DECISION: Type = structType("kubernetes.authorization.Decision");

/** What is asked of an authorizer: a path, or a resource. */
export interface AuthorizationQuestion {
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** Asked for this service account instead of the request's user. */
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
}

export interface AuthorizationAnswer {
  readonly allowed: boolean;
  readonly reason: string;
  /** Set when the authorizer failed. */
  readonly error?: string;
}

/** Who decides; it knows the user of the request. */
export type Authorize = (question: AuthorizationQuestion) => AuthorizationAnswer;

type Draft = Omit<AuthorizationQuestion, "verb">;

/** A check as far as it is described; the same class serves the authorizer, and the checks of paths, groups and resources. */
export class AuthorizerValue extends Opaque {
  readonly type: Type;
  readonly authorize: Authorize;
  readonly draft: Draft;

  constructor(authorize: Authorize, type: Type = AUTHORIZER_TYPE, draft: Draft = {}) {
    super();
    this.type = type;
    this.authorize = authorize;
    this.draft = draft;
  }

  with(type: Type, more: Draft): AuthorizerValue {
    return new AuthorizerValue(this.authorize, type, { ...this.draft, ...more });
  }
}

class Decision extends Opaque {
  readonly type: Type = DECISION;
  readonly answer: AuthorizationAnswer;

  constructor(answer: AuthorizationAnswer) {
    super();
    this.answer = answer;
  }
}

/** Kubernetes' authorizer library: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library */
export const authorizer: Library = {
  name: "kubernetes.authorizer",
  functions: [
    declare("path", member("authorizer_path", [AUTHORIZER_TYPE, STRING], PATH_CHECK, pathCheck)),
    declare(
      "group",
      member("authorizer_group", [AUTHORIZER_TYPE, STRING], GROUP_CHECK, (value: AuthorizerValue, group: string) =>
        value.with(GROUP_CHECK, { group }),
      ),
    ),
    declare(
      "serviceAccount",
      member("authorizer_serviceaccount", [AUTHORIZER_TYPE, STRING, STRING], AUTHORIZER_TYPE, serviceAccount),
    ),
    declare("resource", member("groupcheck_resource", [GROUP_CHECK, STRING], RESOURCE_CHECK_TYPE, resourceCheck)),
    detail("subresource", "resourcecheck_subresource", (subresource) => ({ subresource })),
    detail("namespace", "resourcecheck_namespace", (namespace) => ({ namespace })),
    detail("name", "resourcecheck_name", (name) => ({ name })),
    detail("fieldSelector", "authorizer_fieldselector", (fieldSelector) => ({ fieldSelector })),
    detail("labelSelector", "authorizer_labelselector", (labelSelector) => ({ labelSelector })),
    declare(
      "check",
      member("pathcheck_check", [PATH_CHECK, STRING], DECISION, check),
      member("resourcecheck_check", [RESOURCE_CHECK_TYPE, STRING], DECISION, check),
    ),
    declare(
      "errored",
      member("decision_errored", [DECISION], BOOL, ({ answer }: Decision) => answer.error !== undefined),
    ),
    declare(
      "error",
      member("decision_error", [DECISION], STRING, ({ answer }: Decision) => answer.error ?? ""),
    ),
    declare(
      "allowed",
      member("decision_allowed", [DECISION], BOOL, ({ answer }: Decision) => answer.allowed),
    ),
    declare(
      "reason",
      member("decision_reason", [DECISION], STRING, ({ answer }: Decision) => answer.reason),
    ),
  ],
};

function detail(name: string, id: string, of: (text: string) => Draft): FunctionDeclaration {
  return declare(
    name,
    member(id, [RESOURCE_CHECK_TYPE, STRING], RESOURCE_CHECK_TYPE, (value: AuthorizerValue, text: string) =>
      value.with(RESOURCE_CHECK_TYPE, of(text)),
    ),
  );
}

function pathCheck(value: AuthorizerValue, path: string): Value {
  return path === "" ? new CelError("path must not be empty") : value.with(PATH_CHECK, { path });
}

function resourceCheck(value: AuthorizerValue, resource: string): Value {
  return resource === "" ? new CelError("resource must not be empty") : value.with(RESOURCE_CHECK_TYPE, { resource });
}

function serviceAccount(value: AuthorizerValue, namespace: string, name: string): Value {
  if (!isSubdomain(name)) return new CelError("Invalid service account name");
  if (!isLabel(namespace)) return new CelError("Invalid service account namespace");
  return value.with(AUTHORIZER_TYPE, { serviceAccount: { namespace, name } });
}

function isLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

function isSubdomain(text: string): boolean {
  return text.length <= 253 && text.split(".").every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part));
}

function check(value: AuthorizerValue, verb: string): Value {
  return new Decision(value.authorize({ ...value.draft, verb }));
}

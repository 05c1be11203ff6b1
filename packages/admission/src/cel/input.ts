import {
  type Activation,
  AuthorizerValue,
  activationOf,
  type Json,
  RESOURCE_CHECK_TYPE,
  valueFromJson,
} from "@sallyport/cel";
import type { KubeObject } from "@sallyport/kube";
import type { Request } from "../request.ts";
import { reviewRequest } from "../review.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Authorizations } from "./authorizations.ts";

/** What an expression reads, beside the request. */
export interface Input {
  readonly params?: KubeObject | undefined;
  readonly namespaceObject?: KubeObject | undefined;
  readonly authorizations?: Authorizations;
  /** The request as it came, where `request` is in another version. */
  readonly original?: Request;
}

/** The namespace of a request, as `namespaceObject` shows it; none for cluster-scoped objects and for namespaces themselves. */
export function namespaceOf(request: Request, snapshot: Snapshot): KubeObject | undefined {
  const isNamespace = request.kind.group === "" && request.kind.kind === "Namespace";
  if (request.namespace === "" || isNamespace) return undefined;
  return snapshot.objects.get("", "namespaces", "", request.namespace);
}

/** The variables of admission's expressions. What is not read is not made. */
export function inputActivation(request: Request, input: Input): Activation {
  const { params, namespaceObject, authorizations, original } = input;
  const json = (value: unknown) => valueFromJson((value ?? null) as Json);
  return activationOf({
    object: () => json(request.object),
    oldObject: () => json(request.oldObject),
    request: () => json(requestVariable(request, original)),
    params: () => json(params),
    namespaceObject: () => json(namespaceObject && shownNamespace(namespaceObject)),
    ...(authorizations === undefined
      ? {}
      : {
          authorizer: () => new AuthorizerValue(authorizations.ask),
          "authorizer.requestResource": () => requestCheck(original ?? request, authorizations),
        }),
  });
}

function requestCheck(request: Request, { ask }: Authorizations): AuthorizerValue {
  const { group, resource } = request.resource;
  return new AuthorizerValue(ask, RESOURCE_CHECK_TYPE, {
    group,
    resource,
    ...(request.subResource === "" ? {} : { subresource: request.subResource }),
    namespace: request.namespace,
    name: request.name,
  });
}

/** An AdmissionRequest without uid and objects. */
function requestVariable(request: Request, original?: Request): object {
  const { uid: _, object: __, oldObject: ___, ...rest } = reviewRequest(request, original);
  return rest;
}

function shownNamespace({ metadata: { managedFields: _, ownerReferences: __, ...metadata }, ...rest }: KubeObject) {
  return { ...rest, metadata };
}

import {
  type Activation,
  AuthorizerValue,
  activationOf,
  type Json,
  RESOURCE_CHECK_TYPE,
  valueFromJson,
} from "@sallyport/cel";
import type { Request } from "../request.ts";
import { reviewRequest } from "../review.ts";
import type { Authorizations } from "./authorizations.ts";

/** The variables of a match condition. What is not read is not made. */
export function inputActivation(request: Request, authorizations: Authorizations): Activation {
  const json = (value: unknown) => valueFromJson((value ?? null) as Json);
  return activationOf({
    object: () => json(request.object),
    oldObject: () => json(request.oldObject),
    request: () => json(requestVariable(request)),
    authorizer: () => new AuthorizerValue(authorizations.ask),
    "authorizer.requestResource": () => requestCheck(request, authorizations),
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
function requestVariable(request: Request): object {
  const { uid: _, object: __, oldObject: ___, ...rest } = reviewRequest(request);
  return rest;
}

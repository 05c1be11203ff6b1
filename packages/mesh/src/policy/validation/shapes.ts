import type { Structural } from "@sallyport/kube";
import { authorizationPolicySchema } from "../../kinds/authorization-policy-schema.ts";
import { destinationRuleSchema } from "../../kinds/destination-rule-schema.ts";
import { peerAuthenticationSchema } from "../../kinds/peer-authentication-schema.ts";

/** The specs of the mesh's kinds without limits and rules: what must be so that an object can be read at all. The rest is told in Istio's words. */
export const specShapes: { readonly [kind: string]: Structural } = {
  PeerAuthentication: shapeOf(peerAuthenticationSchema),
  AuthorizationPolicy: shapeOf(authorizationPolicySchema),
  DestinationRule: shapeOf(destinationRuleSchema),
};

function shapeOf(schema: Structural): Structural {
  const { type, enum: words, nullable, properties, additionalProperties, items } = schema;
  const keeps = schema["x-kubernetes-preserve-unknown-fields"];
  return {
    ...(type === undefined ? {} : { type }),
    ...(words === undefined ? {} : { enum: words }),
    ...(nullable === undefined ? {} : { nullable }),
    ...(keeps === undefined ? {} : { "x-kubernetes-preserve-unknown-fields": keeps }),
    ...(properties === undefined ? {} : { properties: shapesOf(properties) }),
    ...(typeof additionalProperties === "object" ? { additionalProperties: shapeOf(additionalProperties) } : {}),
    ...(items === undefined ? {} : { items: shapeOf(items) }),
  };
}

function shapesOf(properties: { readonly [name: string]: Structural }): { readonly [name: string]: Structural } {
  return Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, shapeOf(each)]));
}

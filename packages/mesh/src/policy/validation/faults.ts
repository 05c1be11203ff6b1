import { prune, validateBySchema } from "@sallyport/kube";
import type { AuthorizationPolicy } from "../authorization-policy.ts";
import type { DestinationRule } from "../destination-rule.ts";
import type { PeerAuthentication } from "../peer-authentication.ts";
import { authorizationPolicyFaults } from "./authorization-policy-faults.ts";
import { destinationRuleFaults } from "./destination-rule-faults.ts";
import { type Faults, noFaults } from "./findings.ts";
import { peerAuthenticationFaults } from "./peer-authentication-faults.ts";
import { specShapes } from "./shapes.ts";

/** What is wrong with an object of the mesh. */
export interface ObjectFaults extends Faults {
  /** It is not of the shape of its kind, so that it cannot be read at all. */
  readonly isUnreadable: boolean;
}

interface Judged {
  readonly kind: string;
  readonly metadata: PeerAuthentication["metadata"];
  readonly spec?: unknown;
}

/**
 * What Istio's webhook would say of a PeerAuthentication, an AuthorizationPolicy or a DestinationRule, in its words, after what the API
 * server would say of its shape. Fields that nobody knows are faults too: they would be dropped, and the rest mean more or less than
 * was written. Nothing for other kinds.
 */
export function meshObjectFaults(object: Judged): ObjectFaults {
  const shape = Object.hasOwn(specShapes, object.kind) ? specShapes[object.kind] : undefined;
  if (shape === undefined) return { ...noFaults, isUnreadable: false };
  const spec = object.spec ?? {};
  const misshapen = validateBySchema(spec, shape, "spec").map(({ field, message }) => `${field}: ${message}`);
  if (misshapen.length > 0) return { faults: misshapen, warnings: [], isUnreadable: true };
  const unknown = prune(spec, shape, false).unknown.map((path) => `unknown field "spec.${path}"`);
  const { faults, warnings } = faultsOfKind({ ...object, spec });
  return { faults: [...unknown, ...faults], warnings, isUnreadable: false };
}

function faultsOfKind(object: Judged): Faults {
  switch (object.kind) {
    case "PeerAuthentication":
      return peerAuthenticationFaults(object as PeerAuthentication);
    case "AuthorizationPolicy":
      return authorizationPolicyFaults(object as AuthorizationPolicy);
    default:
      return destinationRuleFaults(object as DestinationRule);
  }
}

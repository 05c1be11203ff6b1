import type { Structural, ValidationRule } from "@sallyport/kube";

/** Fields of an object, each with what `kubectl explain` says of it. */
export function object(
  description: string,
  properties: { readonly [name: string]: Structural },
  more: Omit<Structural, "type" | "properties" | "description"> = {},
): Structural {
  return { type: "object", description, properties, ...more };
}

export function text(description: string, more: Structural = {}): Structural {
  return { type: "string", description, ...more };
}

export function choice(description: string, ...values: readonly string[]): Structural {
  return text(description, { enum: values });
}

export function listOf(items: Structural, description: string, more: Structural = {}): Structural {
  return { type: "array", description, items, ...more };
}

/** What is there, and is none of a mesh's of mutual TLS: kept as it is. */
export function kept(description: string): Structural {
  return { type: "object", description, "x-kubernetes-preserve-unknown-fields": true };
}

export function rule(of: string, message: string): { readonly "x-kubernetes-validations": readonly ValidationRule[] } {
  return { "x-kubernetes-validations": [{ rule: of, message }] };
}

/** Labels of the pods that a policy is of. Istio takes no expressions, and no `*`. */
export const workloadSelector: Structural = object("Pods of the policy's namespace; all of them when absent.", {
  matchLabels: {
    type: "object",
    description: "Each of them must be the pod's.",
    maxProperties: 4096,
    additionalProperties: {
      type: "string",
      maxLength: 63,
      ...rule("!self.contains('*')", "wildcard not allowed in label value match"),
    },
    ...rule("self.all(key, !key.contains('*'))", "wildcard not allowed in label key match"),
  },
});

/** Gateways and waypoints that a policy is of; a sidecar has nothing to do with one that names any. */
export const targetRefs: Structural = listOf(
  object(
    "One of them.",
    { group: text("Its group."), kind: text("Its kind."), name: text("Its name."), namespace: text("Its namespace.") },
    { required: ["kind", "name"] },
  ),
  "Gateways and waypoints, in place of a selector.",
  { maxItems: 16 },
);

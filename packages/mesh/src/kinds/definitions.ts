import type { KubeObject, Structural } from "@sallyport/kube";
import { authorizationPolicySchema } from "./authorization-policy-schema.ts";
import { destinationRuleSchema } from "./destination-rule-schema.ts";
import { peerAuthenticationSchema } from "./peer-authentication-schema.ts";

interface MeshKind {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  /** The one that is stored first. */
  readonly versions: readonly string[];
  readonly spec: Structural;
  readonly columns: readonly (readonly [name: string, path: string, description: string])[];
}

/** Istio's kinds that say who talks to whom, and how. */
const kinds: readonly MeshKind[] = [
  {
    group: "security.istio.io",
    kind: "PeerAuthentication",
    plural: "peerauthentications",
    shortName: "pa",
    versions: ["v1", "v1beta1"],
    spec: peerAuthenticationSchema,
    columns: [["Mode", ".spec.mtls.mode", "How connections are taken."]],
  },
  {
    group: "security.istio.io",
    kind: "AuthorizationPolicy",
    plural: "authorizationpolicies",
    shortName: "ap",
    versions: ["v1", "v1beta1"],
    spec: authorizationPolicySchema,
    columns: [["Action", ".spec.action", "What becomes of calls that it means."]],
  },
  {
    group: "networking.istio.io",
    kind: "DestinationRule",
    plural: "destinationrules",
    shortName: "dr",
    versions: ["v1", "v1beta1", "v1alpha3"],
    spec: destinationRuleSchema,
    columns: [["Host", ".spec.host", "The Service."]],
  },
];

/** CustomResourceDefinitions of Istio's kinds, as far as Sallyport's mesh reads them: written by us, so that no Istio need be installed. */
export const meshDefinitions: readonly KubeObject[] = kinds.map(definitionOf);

function definitionOf({ group, kind, plural, shortName, versions, spec, columns }: MeshKind): KubeObject {
  const names = {
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames: [shortName],
    categories: ["istio-io", group.split(".")[0] as string],
  };
  const status: Structural = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}`, labels: { "app.kubernetes.io/part-of": "sallyport" } },
    spec: {
      group,
      names,
      scope: "Namespaced",
      conversion: { strategy: "None" },
      versions: versions.map((name, i) => ({
        name,
        served: true,
        storage: i === 0,
        schema: {
          openAPIV3Schema: {
            type: "object",
            ...(spec.description === undefined ? {} : { description: spec.description }),
            properties: { spec, status },
          },
        },
        subresources: { status: {} },
        additionalPrinterColumns: [
          ...columns.map(([title, jsonPath, description]) => ({ name: title, type: "string", jsonPath, description })),
          {
            name: "Age",
            type: "date",
            jsonPath: ".metadata.creationTimestamp",
            description: "Time since this object was made.",
          },
        ],
      })),
    },
    status: {
      acceptedNames: names,
      conditions: [{ type: "Established", status: "True" }],
      storedVersions: versions.slice(0, 1),
    },
  };
}

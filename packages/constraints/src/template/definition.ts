import { faultsText, type KubeObject, type Structural, validateObject } from "@sallyport/kube";
import { templateFault } from "../fault.ts";
import { matchSchema } from "../match/match-schema.ts";
import type { Template } from "./template.ts";

export const constraintGroup = "constraints.gatekeeper.sh";

/** OpenAPI of a template's constraints. */
export function constraintSchema({ parameters }: Template): Structural {
  const point = { type: "object", properties: { name: { type: "string" } } };
  const scoped = {
    type: "object",
    properties: { action: { type: "string" }, enforcementPoints: { type: "array", items: point } },
  };
  return {
    type: "object",
    properties: {
      metadata: { type: "object", properties: { name: { type: "string", maxLength: 63 } } },
      spec: {
        type: "object",
        properties: {
          enforcementAction: { type: "string", default: "deny" },
          match: matchSchema,
          scopedEnforcementActions: { type: "array", items: scoped },
          ...(parameters === undefined ? {} : { parameters }),
        },
      },
      status: { "x-kubernetes-preserve-unknown-fields": true },
    },
  } as Structural;
}

/** The CustomResourceDefinition of a template's constraints, as Gatekeeper creates it. Throws `FrameworkError` where the API server would refuse it. */
export function constraintDefinition(template: Template, schema: Structural = constraintSchema(template)): KubeObject {
  const { kind, labels, shortNames } = template;
  const plural = kind.toLowerCase();
  const definition: KubeObject = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${constraintGroup}`, labels: { ...labels, "gatekeeper.sh/constraint": "yes" } },
    spec: {
      conversion: { strategy: "None" },
      group: constraintGroup,
      names: {
        categories: ["constraint", "constraints"],
        kind,
        listKind: `${kind}List`,
        plural,
        ...(shortNames.length === 0 ? {} : { shortNames }),
        singular: plural,
      },
      scope: "Cluster",
      versions: ["v1beta1", "v1alpha1"].map((name, i) => versionOf(name, i === 0, schema)),
    },
  };
  // As the API server completes it.
  const faults = validateObject({ ...definition, status: { storedVersions: ["v1beta1"] } });
  if (faults.length > 0) throw templateFault(faultsText(faults));
  return definition;
}

function versionOf(name: string, storage: boolean, openAPIV3Schema: Structural): object {
  return {
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema },
    subresources: { status: {} },
    additionalPrinterColumns: [
      {
        name: "enforcement-action",
        type: "string",
        description: "Type of enforcement action",
        jsonPath: ".spec.enforcementAction",
      },
      {
        name: "total-violations",
        type: "integer",
        description: "Total number of violations",
        jsonPath: ".status.totalViolations",
      },
    ],
  };
}

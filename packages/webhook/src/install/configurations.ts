import { byGroup, type InstallOptions, labelsOf, type Manifest } from "./options.ts";

/** What makes an API server ask us. The caBundle is written by the replicas. */
export function configurationManifests(options: InstallOptions): readonly Manifest[] {
  const validating = configuration(options, "Validating");
  return options.mutates ? [configuration(options, "Mutating"), validating] : [validating];
}

function configuration(options: InstallOptions, kind: "Mutating" | "Validating"): Manifest {
  const { name, namespace, failurePolicy, timeoutSeconds, excludedNamespaces, resources } = options;
  const path = kind === "Mutating" ? "/mutate" : "/validate";
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${kind}WebhookConfiguration`,
    metadata: { name, labels: labelsOf(name) },
    webhooks: [
      {
        name: `${kind.toLowerCase()}.${name}.sallyport.dev`,
        clientConfig: { service: { name, namespace, path, port: 443 } },
        rules: byGroup(resources).map(([group, list]) => ({
          apiGroups: [group],
          apiVersions: ["*"],
          resources: list,
          operations: ["CREATE", "UPDATE"],
          scope: "*",
        })),
        failurePolicy,
        matchPolicy: "Equivalent",
        sideEffects: "None",
        timeoutSeconds,
        admissionReviewVersions: ["v1"],
        ...(kind === "Mutating" ? { reinvocationPolicy: "IfNeeded" } : {}),
        namespaceSelector: {
          matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: excludedNamespaces }],
        },
      },
    ],
  };
}

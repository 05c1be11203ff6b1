import { byGroup, type InstallOptions, labelsOf, type Manifest } from "./options.ts";

/** What makes an API server ask us. The caBundle is written by the replicas, where the certificate is theirs. */
export function configurationManifests(options: InstallOptions): readonly Manifest[] {
  const validating = configuration(options, "Validating");
  return options.mutates || options.mesh !== undefined
    ? [configuration(options, "Mutating"), validating]
    : [validating];
}

function configuration(options: InstallOptions, kind: "Mutating" | "Validating"): Manifest {
  const { name, mutates, mesh } = options;
  const guard = options.gatekeeper !== undefined && kind === "Validating" ? [labelGuard(options)] : [];
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: `${kind}WebhookConfiguration`,
    metadata: { name, labels: labelsOf(name) },
    webhooks: [
      ...(kind === "Validating" || mutates ? [webhook(options, kind)] : []),
      ...guard,
      // Last: a sidecar is made of the pod as the others leave it.
      ...(kind === "Mutating" ? (mesh?.entries ?? []).map((entry) => injection(options, entry)) : []),
    ],
  };
}

/** Without an answer no pod is made that wants a sidecar: it would talk in plaintext. */
function injection(
  options: InstallOptions,
  { name, namespaceSelector, objectSelector }: NonNullable<InstallOptions["mesh"]>["entries"][number],
): object {
  return {
    name,
    clientConfig: clientConfig(options, "/inject"),
    rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"], scope: "*" }],
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    sideEffects: "None",
    timeoutSeconds: options.timeoutSeconds,
    admissionReviewVersions: ["v1"],
    reinvocationPolicy: "Never",
    namespaceSelector,
    objectSelector,
  };
}

function webhook(options: InstallOptions, kind: "Mutating" | "Validating"): object {
  const { name, failurePolicy, timeoutSeconds, excludedNamespaces, resources, gatekeeper } = options;
  const excluded = { key: "kubernetes.io/metadata.name", operator: "NotIn", values: excludedNamespaces };
  return {
    name: `${kind.toLowerCase()}.${name}.sallyport.dev`,
    clientConfig: clientConfig(options, kind === "Mutating" ? "/mutate" : "/validate"),
    rules: byGroup(resources).map(([group, list]) => ({
      apiGroups: [group],
      apiVersions: ["*"],
      resources: list,
      operations: [
        "CREATE",
        "UPDATE",
        ...(gatekeeper !== undefined && kind === "Validating" ? ["DELETE", "CONNECT"] : []),
      ],
      scope: "*",
    })),
    failurePolicy,
    matchPolicy: "Equivalent",
    sideEffects: "None",
    timeoutSeconds,
    admissionReviewVersions: ["v1"],
    ...(kind === "Mutating" ? { reinvocationPolicy: "IfNeeded" } : {}),
    namespaceSelector: {
      matchExpressions: [
        excluded,
        ...(gatekeeper === undefined ? [] : [{ key: ignoreLabel, operator: "DoesNotExist" }]),
      ],
    },
  };
}

/** Takes a namespace out of Gatekeeper's reach. */
const ignoreLabel = "admission.gatekeeper.sh/ignore";

/** Who may set the label is asked whatever becomes of all else: else nobody could tell any more. */
function labelGuard(options: InstallOptions): object {
  return {
    name: `check-ignore-label.${options.name}.sallyport.dev`,
    clientConfig: clientConfig(options, "/validate"),
    rules: [
      { apiGroups: [""], apiVersions: ["*"], resources: ["namespaces"], operations: ["CREATE", "UPDATE"], scope: "*" },
    ],
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    sideEffects: "None",
    timeoutSeconds: options.timeoutSeconds,
    admissionReviewVersions: ["v1"],
    // Only what has the label is asked again here.
    objectSelector: { matchExpressions: [{ key: ignoreLabel, operator: "Exists" }] },
  };
}

function clientConfig({ name, namespace, caBundle }: InstallOptions, path: string): object {
  const service = { name, namespace, path, port: 443 };
  return { service, ...(caBundle === undefined ? {} : { caBundle }) };
}

/** Names of RuntimeClasses by their handlers, as their projects' documents have them. */
export const classNames: { readonly [handler in "runsc" | "kata"]: string } = { runsc: "gvisor", kata: "kata" };

/** A RuntimeClass for a handler; what its pods take beside their containers' own counts for the scheduler and quotas. node.k8s.io/v1 */
export function runtimeClass(handler: "runsc" | "kata", overheadMiB?: number): object {
  return {
    apiVersion: "node.k8s.io/v1",
    kind: "RuntimeClass",
    metadata: { name: classNames[handler] },
    handler,
    ...(overheadMiB === undefined ? {} : { overhead: { podFixed: { memory: `${overheadMiB}Mi` } } }),
  };
}

/** What keeps pods of a namespace from running under any other class: a policy and its binding. admissionregistration.k8s.io/v1 */
export function classPolicy(namespace: string, handlers: readonly ("runsc" | "kata")[]): readonly object[] {
  const names = handlers.map((each) => classNames[each]);
  const name = `runtime-class-of-${namespace}`;
  const list = names.map((each) => `'${each}'`).join(", ");
  return [
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name },
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        },
        validations: [
          {
            expression: `has(object.spec.runtimeClassName) && object.spec.runtimeClassName in [${list}]`,
            message: `pods of this namespace run with runtimeClassName ${names.join(" or ")}`,
          },
        ],
      },
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ["Deny"],
        matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } },
      },
    },
  ];
}

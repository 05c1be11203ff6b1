import type { KubeObject } from "@sallyport/kube";

/** An object to ask about, and what has to be there. */
export interface ClusterCase {
  readonly name: string;
  /** Namespaces, policies and others, in the order in which they are made. */
  readonly before: readonly KubeObject[];
  readonly object: KubeObject;
  /** It is there already without its annotations, and gets them: no file can say this, so that `check` is not asked. */
  readonly isUpdate?: boolean;
  /** Whether its own suite wants policies to refuse it. */
  readonly isRefused?: boolean;
}

/** A namespace with its service account, as controllers make it. */
export function namespaceWithAccount(
  name: string,
  labels: { readonly [key: string]: string } = {},
): readonly KubeObject[] {
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace: name } },
  ];
}

/** Rego in force: `NAME` in the namespace of policies. */
export function policyConfigMap(name: string, text: string): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "opa" }, data: { "policy.rego": text } };
}

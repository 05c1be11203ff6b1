import type { KubeObject } from "@sallyport/kube";
import type { ControllerKind } from "./controller.ts";
import { ownKey, reconciler } from "./reconciler.ts";

const configMap = "kube-root-ca.crt";

/** Every namespace has the cluster's certificate authority in a ConfigMap, for pods to know the API server by. */
export const rootCaPublisher: ControllerKind = {
  name: "root-ca-certificate-publisher-controller",
  alias: "root-ca-cert-publisher",
  account: "root-ca-cert-publisher",
  create: (context) =>
    reconciler(
      {
        name: rootCaPublisher.name,
        follows: [
          { group: "", resource: "namespaces", keys: ownKey },
          { group: "", resource: "configmaps", keys: ({ namespace, name }) => (name === configMap ? [namespace] : []) },
        ],
        sync: async (namespace) => {
          const { cache, client, ca } = context;
          const found = cache.get("", "namespaces", "", namespace);
          if (found === undefined || found.metadata.deletionTimestamp) return;
          const data = { "ca.crt": ca.certificate };
          const current = cache.get("", "configmaps", namespace, configMap);
          if (current === undefined) await client.create(published(namespace, data));
          else if (JSON.stringify(current["data"]) !== JSON.stringify(data))
            await client.update(current, (fresh) => ({ ...fresh, data }));
        },
      },
      context,
    ),
};

function published(namespace: string, data: object): KubeObject {
  const annotations = {
    "kubernetes.io/description":
      "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
  };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: configMap, namespace, annotations }, data };
}

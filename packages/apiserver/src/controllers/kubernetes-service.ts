import { addressRange, addressText } from "../registry/service-ranges.ts";
import { isReason } from "./client.ts";
import type { ControllerKind } from "./controller.ts";
import { reconciler } from "./reconciler.ts";

/** Where kube-apiserver listens when nobody says where. */
const usualPort = 6443;

const [namespace, name] = ["default", "kubernetes"];

/** The API server's own Service, at the first address. It has no endpoints: nothing forwards connections from there to where we listen. */
export const kubernetesService: ControllerKind = {
  name: "kubernetes-service",
  alias: "kubernetesservice",
  account: "",
  user: "system:apiserver",
  create: (context) =>
    reconciler(
      {
        name: kubernetesService.name,
        first: ["service"],
        follows: [
          {
            group: "",
            resource: "services",
            keys: (event) => (event.namespace === namespace && event.name === name && !event.object ? ["service"] : []),
          },
        ],
        sync: async () => {
          const { cache, client, serviceRanges, port = usualPort } = context;
          const range = addressRange(serviceRanges.cidr);
          if (range === undefined || cache.get("", "services", namespace, name) !== undefined) return;
          const made = {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name, namespace, labels: { component: "apiserver", provider: "kubernetes" } },
            spec: {
              type: "ClusterIP",
              clusterIP: addressText(range.first),
              ipFamilyPolicy: "SingleStack",
              sessionAffinity: "None",
              ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: port }],
            },
          };
          await client.create(made).catch((error: unknown) => {
            if (!isReason(error, "AlreadyExists")) throw error;
          });
        },
      },
      context,
    ),
};

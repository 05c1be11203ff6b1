import type { KubeObject, LeaseAccess } from "@sallyport/kube";
import type { Client } from "./client.ts";
import { unlessGone } from "./unless-gone.ts";

/** A Lease of a cluster: `coordination.k8s.io/v1`. */
export function leaseAccess(client: Client, namespace: string, name: string): LeaseAccess {
  const folder = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  return {
    read: async () => (await unlessGone(client.ask(`${folder}/${name}`))) as KubeObject | undefined,
    write: (body) =>
      body.metadata.resourceVersion === undefined
        ? client.ask(folder, { method: "POST", body })
        : client.ask(`${folder}/${name}`, { method: "PUT", body }),
  };
}

import type { Client } from "@sallyport/cluster";
import { EventRecorder, type KubeObject } from "@sallyport/kube";
import type { KubeletClock } from "./context.ts";

/** Writes a kubelet's events through a client. */
export function podEvents(client: Client, node: string, clock: KubeletClock, random: () => number): EventRecorder {
  const path = ({ metadata: { namespace = "" } }: KubeObject) =>
    `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`;
  return new EventRecorder({
    create: async (event) => (await client.ask(path(event), { method: "POST", body: event })) as KubeObject,
    count: async (event, body) => {
      const call = { method: "PATCH", body, type: "application/merge-patch+json" };
      return (await client.ask(`${path(event)}/${encodeURIComponent(event.metadata.name ?? "")}`, call)) as KubeObject;
    },
    now: clock.now,
    component: "kubelet",
    host: node,
    suffix: () => Math.floor(random() * 2 ** 48).toString(16),
  });
}

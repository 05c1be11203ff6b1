import type { Duplex } from "node:stream";
import { acceptTunnel, forwardProtocol, offeredProtocols, tunnelProtocol } from "@sallyport/streaming";
import { kubeletTls, kubeletUrl } from "../../kubelet/kubelets.ts";
import type { Call, HandlerOptions } from "../call.ts";
import { readObject } from "../read-object.ts";
import { copyBothWays, demandCreate, demandUpgrade, dialUpgraded, passUpgrade } from "./pass-through.ts";
import { kubeletOfPod } from "./pod-place.ts";
import type { Subresource } from "./subresource.ts";

/** Connections to the ports of a pod, by the kubelet of its node. */
export const portForward: Subresource = {
  name: "pods/portforward",
  isStreamed: true,
  connects: {
    kind: "PodPortForwardOptions",
    options: ({ query }) => {
      const ports = portsOf(query).map(Number);
      return ports.length === 0 ? {} : { ports };
    },
  },
  serve: async ({ call, context }, options) => {
    const pod = readObject(call, context.info, options);
    await demandCreate(call, options);
    const place = kubeletOfPod(pod, options);
    const ports = portsOf(call.query).map((port) => ["port", port] as const);
    const { namespace = "", name = "" } = pod.metadata;
    const url = kubeletUrl(place, ["portForward", namespace, name], ports);
    demandUpgrade(call);
    if (offeredProtocols(call.request).includes(tunnelProtocol)) await tunnel(call, url, options);
    else await passUpgrade(call, url, kubeletTls(options.kubelets));
  },
};

function portsOf(query: URLSearchParams): readonly string[] {
  return query.getAll("ports").flatMap((each) => each.split(","));
}

/** Carries SPDY, which comes in the messages of a WebSocket, to the kubelet as it is. */
async function tunnel(call: Call, url: URL, { kubelets }: HandlerOptions): Promise<void> {
  const upgrade = demandUpgrade(call);
  const headers = {
    host: url.host,
    connection: "Upgrade",
    upgrade: "SPDY/3.1",
    "x-stream-protocol-version": forwardProtocol,
  };
  const dialled = await dialUpgraded(call, upgrade, { url, method: "POST", headers, tls: kubeletTls(kubelets) });
  if (dialled === undefined) return;
  const client: Duplex = await acceptTunnel(call.request, upgrade);
  await copyBothWays(client, dialled.socket);
}

import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StatusError } from "@sallyport/kube";
import { acceptTunnel, forwardProtocol, offeredProtocols, tunnelProtocol } from "@sallyport/streaming";
import { DialError, dial } from "../../kubelet/dial.ts";
import { kubeletTls, kubeletUrl } from "../../kubelet/kubelets.ts";
import type { Call, HandlerOptions } from "../call.ts";
import { readObject } from "../read-object.ts";
import { demandCreate, demandUpgrade, passUpgrade } from "./pass-through.ts";
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
  const { response, socket } = await dial({ url, method: "POST", headers, tls: kubeletTls(kubelets) }, (request) => {
    upgrade.socket.once("close", () => request.destroy());
    request.end();
  }).catch((error) => {
    if (error instanceof DialError) throw new StatusError(undefined, `error dialing backend: ${error.message}`);
    throw error;
  });
  if (socket === undefined) {
    call.response.writeHead(response.statusCode ?? 500, response.headers);
    await pipeline(response, call.response).catch(() => {});
    return;
  }
  const client: Duplex = await acceptTunnel(call.request, upgrade);
  await Promise.allSettled([pipeline(client, socket), pipeline(socket, client)]);
}

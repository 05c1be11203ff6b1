import { StatusError } from "@sallyport/kube";
import { kubeletOf, kubeletTls, kubeletUrl } from "../../kubelet/kubelets.ts";
import { notFound } from "../../registry/faults.ts";
import type { Call, HandlerOptions } from "../call.ts";
import { type ProxyTarget, proxyTo } from "./proxy-to.ts";
import { demandProxyable } from "./proxyable.ts";
import { endpointOf } from "./service-endpoint.ts";
import type { Subresource } from "./subresource.ts";

/** Certificates of pods and services are not looked at: nothing says who should have signed them. */
const unverified = { rejectUnauthorized: false };

/** `NAME`, `NAME:PORT` or `SCHEME:NAME:PORT`. Undefined when it is none of them. */
export interface ProxyName {
  readonly scheme: "http" | "https" | "";
  readonly name: string;
  readonly port: string;
}

export function parseProxyName(text: string): ProxyName | undefined {
  const [first = "", second, third, ...rest] = text.split(":");
  if (rest.length > 0) return undefined;
  if (third === undefined) return { scheme: "", name: first, port: second ?? "" };
  return first === "http" || first === "https" || first === ""
    ? { scheme: first as ProxyName["scheme"], name: second ?? "", port: third }
    : undefined;
}

function proxy(
  resource: "pods" | "services" | "nodes",
  locate: (name: ProxyName, call: Call, options: HandlerOptions) => Promise<ProxyTarget>,
): Subresource {
  return {
    name: `${resource}/proxy`,
    isStreamed: true,
    connects: {
      kind: { pods: "PodProxyOptions", services: "ServiceProxyOptions", nodes: "NodeProxyOptions" }[resource],
      options: ({ info: { rest, path } }) => {
        const end = path.endsWith("/") ? "/" : "";
        return rest === "" ? {} : { path: rest.replace(/^\/?/, "/").replace(/\/?$/, end) };
      },
    },
    serve: async ({ call }, options) => {
      const parsed = parseProxyName(call.info.name);
      if (parsed === undefined)
        throw new StatusError(
          "BadRequest",
          `invalid ${resource.slice(0, -1)} request ${JSON.stringify(call.info.name)}`,
        );
      await proxyTo(call, await locate(parsed, call, options));
    },
  };
}

/** Whatever listens in a pod: at its first container port unless the name has one. */
const podProxy = proxy("pods", async ({ scheme, name, port }, call, { cache }) => {
  const pod = cache.get("", "pods", call.info.namespace, name);
  if (pod === undefined) throw notFound({ group: "", resource: "pods" }, name);
  const { podIP = "" } = (pod["status"] ?? {}) as { readonly podIP?: string };
  const { containers = [] } = (pod["spec"] ?? {}) as {
    readonly containers?: readonly { readonly ports?: readonly { readonly containerPort: number }[] }[];
  };
  const first = containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  await demandProxyable(podIP);
  return { url: targetUrl(scheme, podIP, port || String(first ?? "")), tls: unverified };
});

const serviceProxy = proxy("services", async (asked, call, options) => {
  const { host, port } = endpointOf(asked, call.info.namespace, options.cache);
  await demandProxyable(host);
  return { url: targetUrl(asked.scheme, host, String(port)), tls: unverified };
});

/** A kubelet, or another port of its node. */
const nodeProxy = proxy("nodes", async ({ scheme, name, port }, _call, { cache, kubelets }) => {
  const place = kubeletOf(name, (each) => cache.get("", "nodes", "", each), kubelets, "nodes");
  await demandProxyable(place.host);
  const isKubelet = port === "" || port === String(place.port);
  return isKubelet
    ? { url: kubeletUrl(place, []), tls: kubeletTls(kubelets) }
    : { url: targetUrl(scheme || "https", place.host, port), tls: unverified };
});

function targetUrl(scheme: ProxyName["scheme"], host: string, port: string): URL {
  const url = new URL(`${scheme || "http"}://${host.includes(":") ? `[${host}]` : host}`);
  url.port = port;
  return url;
}

export const proxies: readonly Subresource[] = [podProxy, serviceProxy, nodeProxy];

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type KubeObject, parseApiVersion } from "@sallyport/kube";
import { createCa, createLeaf } from "@sallyport/pki";
import { createPod, Random } from "../rego/pods.ts";

/** What a webhook sees of a cluster: pods to replicate, and nothing else. */
export interface Cluster {
  readonly kubeconfig: object;
  /** Of the pods that were listed, as JSON. */
  readonly jsonBytes: () => number;
  readonly close: () => void;
}

const pageSize = 500;

/** Serves discovery, lists and watches on a free port of this machine. */
export async function startCluster(pods: number, policies: readonly KubeObject[] = []): Promise<Cluster> {
  const life = { now: Date.now(), days: 2 };
  const ca = await createCa("CN=bench", life);
  const { certificate, key } = await createLeaf(ca, "CN=cluster", life, { names: [], addresses: ["127.0.0.1"] });
  const pages = new PodPages(pods);
  const server = createServer({ cert: certificate, key }, (request, response) =>
    answer(request, response, pages, policies),
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    kubeconfig: kubeconfig(`https://127.0.0.1:${port}`, ca.certificate),
    jsonBytes: () => pages.jsonBytes,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function kubeconfig(server: string, ca: string): object {
  const authority = Buffer.from(ca).toString("base64");
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "bench",
    contexts: [{ name: "bench", context: { cluster: "bench", user: "bench" } }],
    clusters: [{ name: "bench", cluster: { server, "certificate-authority-data": authority } }],
    users: [{ name: "bench", user: { token: "bench" } }],
  };
}

/** The same pods each time, a page after the other: a list is read once. */
class PodPages {
  readonly #random = new Random(1);
  readonly #count: number;
  #given = 0;
  jsonBytes = 0;

  constructor(count: number) {
    this.#count = count;
  }

  next(): { readonly items: string; readonly isLast: boolean } {
    const size = Math.min(pageSize, this.#count - this.#given);
    const items = Array.from({ length: size }, (_, i) => this.#pod(this.#given + i));
    this.#given += size;
    return { items: items.join(","), isLast: this.#given >= this.#count };
  }

  /** No two have one name. */
  #pod(index: number): string {
    const pod = createPod(this.#random) as { readonly metadata: { readonly name: string } };
    const text = JSON.stringify({ ...pod, metadata: { ...pod.metadata, name: `${pod.metadata.name}-${index}` } });
    this.jsonBytes += text.length;
    return text;
  }
}

const core = ["namespaces", "pods", "configmaps"].map((resource) => ({
  resource,
  responseKind: { group: "", version: "v1", kind: { namespaces: "Namespace", pods: "Pod" }[resource] ?? "ConfigMap" },
  scope: resource === "namespaces" ? "Cluster" : "Namespaced",
  verbs: ["get", "list", "watch"],
}));

/** Gatekeeper's kinds among some objects, as discovery tells them. */
function groupsOf(policies: readonly KubeObject[]): readonly object[] {
  return Object.entries(Object.groupBy(policies, ({ apiVersion }) => apiVersion)).map(([apiVersion, all = []]) => {
    const { group, version } = parseApiVersion(apiVersion);
    const kinds = new Map(all.map((each) => [each.kind, resourceOf(each)]));
    const resources = [...kinds].map(([kind, resource]) => ({
      resource,
      responseKind: { group, version, kind },
      scope: "Cluster",
      verbs: ["get", "list", "watch"],
    }));
    return { metadata: { name: group }, versions: [{ version, resources }] };
  });
}

function resourceOf({ kind }: KubeObject): string {
  return kind === "ConstraintTemplate" ? "constrainttemplates" : kind.toLowerCase();
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  pods: PodPages,
  policies: readonly KubeObject[],
): void {
  const url = new URL(request.url ?? "/", "https://cluster");
  response.setHeader("content-type", "application/json");
  const items =
    url.pathname === "/api"
      ? [{ metadata: { name: "" }, versions: [{ version: "v1", resources: core }] }]
      : groupsOf(policies);
  if (/^\/apis\/[^/]+\/[^/]+\/[^/]+$/.test(url.pathname)) {
    const found = policies.filter((each) => url.pathname === `/apis/${each.apiVersion}/${resourceOf(each)}`);
    response.end(JSON.stringify({ kind: "List", apiVersion: "v1", metadata: { resourceVersion: "1" }, items: found }));
  } else if (!url.pathname.startsWith("/api/v1/")) {
    const kind = "APIGroupDiscoveryList";
    response.end(JSON.stringify({ kind, apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items }));
  } else if (url.searchParams.has("watch")) {
    // Nothing ever changes.
    response.flushHeaders();
  } else {
    const isPods = url.pathname.endsWith("/pods");
    const page = isPods ? pods.next() : { items: "", isLast: true };
    const metadata = { resourceVersion: "1", ...(page.isLast ? {} : { continue: "more" }) };
    const kind = isPods ? "PodList" : "List";
    response.end(`{"kind":"${kind}","apiVersion":"v1","metadata":${JSON.stringify(metadata)},"items":[${page.items}]}`);
  }
}

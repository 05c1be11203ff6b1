import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { decode, encode } from "dns-packet";
import { type ClusterObjects, clusterName } from "./cluster-dns.ts";
import { DnsServer } from "./dns-server.ts";

const service = (name: string, spec: object): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "a" },
  spec,
});

const services: { readonly [name: string]: KubeObject } = {
  web: service("web", { clusterIP: "10.96.0.5", ports: [{ name: "http", port: 80 }] }),
  db: service("db", { clusterIP: "None", ports: [{ name: "sql", port: 5432 }] }),
  out: service("out", { type: "ExternalName", externalName: "example.com" }),
};

const slice: KubeObject = {
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "db-1", namespace: "a" },
  ports: [{ name: "sql", port: 5433 }],
  endpoints: [
    { addresses: ["10.244.0.2"], hostname: "db-0", conditions: { ready: true } },
    { addresses: ["10.244.0.3"], conditions: { ready: true } },
    { addresses: ["10.244.0.4"], conditions: { ready: false } },
  ],
};

const objects: ClusterObjects = {
  service: (namespace, name) => (namespace === "a" ? services[name] : undefined),
  slices: (_namespace, name) => (name === "db" ? [slice] : []),
};

const own = (...addresses: string[]) => ({ addresses, services: [] });

const names: readonly (readonly [string, ReturnType<typeof clusterName>])[] = [
  ["web.a.svc.cluster.local", own("10.96.0.5")],
  ["db.a.svc.cluster.local", own("10.244.0.2", "10.244.0.3")],
  ["db-0.db.a.svc.cluster.local", own("10.244.0.2")],
  ["10-244-0-3.db.a.svc.cluster.local", own("10.244.0.3")],
  ["db-9.db.a.svc.cluster.local", "absent"],
  [
    "_http._tcp.web.a.svc.cluster.local",
    { addresses: [], services: [{ port: 80, target: "web.a.svc.cluster.local" }] },
  ],
  [
    "_sql._tcp.db.a.svc.cluster.local",
    {
      addresses: [],
      services: [
        { port: 5433, target: "db-0.db.a.svc.cluster.local" },
        { port: 5433, target: "10-244-0-3.db.a.svc.cluster.local" },
      ],
    },
  ],
  ["_sql._udp.db.a.svc.cluster.local", "absent"],
  ["out.a.svc.cluster.local", { alias: "example.com" }],
  ["no.a.svc.cluster.local", "absent"],
  ["web.b.svc.cluster.local", "absent"],
  ["10-244-0-9.a.pod.cluster.local", own("10.244.0.9")],
  ["x.a.pod.cluster.local", "absent"],
  ["cluster.local", own()],
  ["example.com", undefined],
  ["xcluster.local", undefined],
];

for (const [name, wanted] of names)
  test(`the name ${name}`, () => assert.deepEqual(clusterName(name, "cluster.local", objects), wanted));

test("over the wire: names of the cluster, those of upstream, and what is no question", async () => {
  const upstream = createSocket("udp4", (message, from) => {
    const { id, questions = [] } = decode(message);
    const answers = [{ type: "A", name: "example.com", ttl: 1, data: "192.0.2.1" } as const];
    upstream.send(
      encode({ type: "response", ...(id === undefined ? {} : { id }), questions, answers }),
      from.port,
      from.address,
    );
  });
  upstream.bind(0, "127.0.0.1");
  await once(upstream, "listening");
  const upstreams = [{ address: "127.0.0.1", port: upstream.address().port }];
  const server = new DnsServer({ address: "127.0.0.1", port: 0, domain: "cluster.local", objects, upstreams });
  await server.start();
  try {
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${server.port.udp}`]);
    assert.deepEqual(await resolver.resolve4("WEB.a.svc.cluster.local"), ["10.96.0.5"]);
    assert.deepEqual(await resolver.resolve4("example.com"), ["192.0.2.1"]);
    await assert.rejects(resolver.resolve4("no.a.svc.cluster.local"), { code: "ENOTFOUND" });
    await assert.rejects(resolver.resolve6("web.a.svc.cluster.local"), { code: "ENODATA" });
    assert.equal((await resolver.resolveSrv("_http._tcp.web.a.svc.cluster.local"))[0]?.port, 80);
    const noise = createSocket("udp4");
    noise.send(Buffer.from("noise"), server.port.udp, "127.0.0.1");
    await resolver.resolve4("web.a.svc.cluster.local");
    noise.close();
  } finally {
    server.stop();
    upstream.close();
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { hostsFile, podHost } from "./host-files.ts";
import { type DnsConfig, parseResolvConf, podDns, resolvConf } from "./pod-dns.ts";
import { podWith } from "./volumes.fixture.ts";

const local =
  "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\n" +
  "fe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n";

test("/etc/hosts names the pod, with its subdomain and its aliases", () => {
  const pod = podWith({ subdomain: "db", hostAliases: [{ ip: "1.2.3.4", hostnames: ["a", "b"] }] });
  const host = podHost(pod, "cluster.local");
  assert.equal(
    hostsFile(pod, host, ["10.0.0.5", "fd00::5"], ""),
    `# Kubernetes-managed hosts file.\n${local}10.0.0.5\tweb.db.shop.svc.cluster.local\tweb\n` +
      "fd00::5\tweb.db.shop.svc.cluster.local\tweb\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n",
  );
  const plain = podWith({});
  assert.equal(
    hostsFile(plain, podHost(plain, "x"), ["10.0.0.5"], ""),
    `# Kubernetes-managed hosts file.\n${local}10.0.0.5\tweb\n`,
  );
});

test("/etc/hosts of a pod on the node's network is the node's", () => {
  const pod = podWith({ hostNetwork: true });
  assert.equal(
    hostsFile(pod, podHost(pod, "x"), ["192.0.2.1"], "127.0.0.1 localhost n1\n"),
    "# Kubernetes-managed hosts file (host network).\n127.0.0.1 localhost n1\n",
  );
});

for (const [spec, name, wanted] of [
  [{}, "web", "web"],
  [{ hostname: "own" }, "web", "own"],
  [{ hostnameOverride: "a.b.c" }, "web", "a.b.c"],
  [{}, `${"x".repeat(62)}-y`, "x".repeat(62)],
] as const)
  test(`hostname ${wanted.slice(0, 10)}`, () => assert.equal(podHost(podWith(spec, { name }), "d").hostname, wanted));

const dns = {
  servers: ["10.96.0.10"],
  domain: "cluster.local",
  nodeConfig: "# of the node\nnameserver 1.1.1.1\nsearch old\nsearch corp. .\noptions timeout:2 rotate\n",
};
const ofNode: DnsConfig = { nameservers: ["1.1.1.1"], searches: ["corp"], options: ["timeout:2", "rotate"] };
const ofCluster: DnsConfig = {
  nameservers: ["10.96.0.10"],
  searches: ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp"],
  options: ["ndots:5"],
};
const dnsConfig = {
  nameservers: ["9.9.9.9", "1.1.1.1"],
  searches: ["corp", "mine"],
  options: [{ name: "timeout", value: "9" }, { name: "edns0" }],
};

const policies: readonly (readonly [what: string, spec: object, wanted: DnsConfig])[] = [
  ["none said", {}, ofCluster],
  ["ClusterFirst", { dnsPolicy: "ClusterFirst" }, ofCluster],
  ["ClusterFirst on the node's network", { dnsPolicy: "ClusterFirst", hostNetwork: true }, ofNode],
  ["ClusterFirstWithHostNet", { dnsPolicy: "ClusterFirstWithHostNet", hostNetwork: true }, ofCluster],
  ["Default", { dnsPolicy: "Default" }, ofNode],
  [
    "Default and the pod's own",
    { dnsPolicy: "Default", dnsConfig },
    { nameservers: ["1.1.1.1", "9.9.9.9"], searches: ["corp", "mine"], options: ["timeout:9", "rotate", "edns0"] },
  ],
  [
    "None and the pod's own",
    { dnsPolicy: "None", dnsConfig },
    { nameservers: ["9.9.9.9", "1.1.1.1"], searches: ["corp", "mine"], options: ["timeout:9", "edns0"] },
  ],
];

for (const [what, spec, wanted] of policies)
  test(`whom a pod asks: ${what}`, () => assert.deepEqual(podDns(podWith(spec), dns), wanted));

test("resolvers have limits", () => {
  const many = Array.from({ length: 40 }, (_, i) => `${"x".repeat(100)}${i}`);
  const limited = podDns(
    podWith({ dnsPolicy: "None", dnsConfig: { nameservers: ["1", "2", "3", "4"], searches: many } }),
    dns,
  );
  assert.deepEqual(limited.nameservers, ["1", "2", "3"]);
  assert.deepEqual(limited.searches, many.slice(0, 19));
});

test("/etc/resolv.conf is read as it is written", () => {
  const text = resolvConf(ofCluster);
  assert.equal(
    text,
    "search shop.svc.cluster.local svc.cluster.local cluster.local corp\nnameserver 10.96.0.10\noptions ndots:5\n",
  );
  assert.deepEqual(parseResolvConf(text), ofCluster);
  assert.equal(resolvConf({ nameservers: [], searches: [], options: [] }), "");
});

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { podInterception } from "../injection/sidecar.ts";
import { nftRules } from "./nft-rules.ts";

const targets = { inbound: 15_006, outbound: 15_001, user: 1337 };
const traffic = "traffic.sidecar.istio.io";

const rulesOf = (annotations: { readonly [name: string]: string } = {}) => {
  const interception = podInterception(annotations);
  assert.ok(interception !== undefined);
  return nftRules(interception, targets);
};

const everything = {
  [`${traffic}/includeInboundPorts`]: "80,8080",
  [`${traffic}/excludeInboundPorts`]: "9090,9090",
  [`${traffic}/includeOutboundIPRanges`]: "10.0.0.0/8,10.1.0.0/16,fd00::/8",
  [`${traffic}/excludeOutboundIPRanges`]: "10.2.0.0/16",
  [`${traffic}/includeOutboundPorts`]: "443",
  [`${traffic}/excludeOutboundPorts`]: "3306",
  [`${traffic}/excludeInterfaces`]: "net1,br-lan",
};

test("rules of a pod that says nothing", () => {
  assert.equal(
    rulesOf(),
    `table inet sallyport_mesh
delete table inet sallyport_mesh
table inet sallyport_mesh {
  chain inbound {
    type nat hook prerouting priority dstnat; policy accept;
    tcp dport { 15020, 15021, 15090 } return
    meta l4proto tcp redirect to :15006
  }
  chain outbound {
    type nat hook output priority -100; policy accept;
    meta skuid 1337 return
    meta skgid 1337 return
    oifname "lo" return
    meta l4proto tcp redirect to :15001
  }
}
`,
  );
});

test("rules of a pod that says all there is to say", () => {
  const lines = rulesOf(everything)
    .split("\n")
    .map((line) => line.trim());
  const [inbound, outbound] = [lines.indexOf("chain inbound {"), lines.indexOf("chain outbound {")];
  assert.deepEqual(lines.slice(inbound + 2, outbound - 1), [
    'iifname "net1" return',
    'iifname "br-lan" return',
    "tcp dport { 9090, 15020, 15021, 15090 } return",
    "tcp dport { 80, 8080 } redirect to :15006",
  ]);
  assert.deepEqual(lines.slice(outbound + 5, -3), [
    'oifname "net1" return',
    'oifname "br-lan" return',
    "tcp dport { 3306 } return",
    "ip daddr 10.2.0.0/16 return",
    "tcp dport { 443 } redirect to :15001",
    "ip daddr 10.0.0.0/8 meta l4proto tcp redirect to :15001",
    "ip daddr 10.1.0.0/16 meta l4proto tcp redirect to :15001",
    "ip6 daddr fd00::/8 meta l4proto tcp redirect to :15001",
  ]);
});

test("nothing that an annotation says becomes a rule of its own", () => {
  const text = rulesOf({ [`${traffic}/excludeInterfaces`]: 'a" accept\n,b;drop,eth1' });
  assert.deepEqual(text.match(/[io]ifname .*/g), [
    'iifname "eth1" return',
    'oifname "lo" return',
    'oifname "eth1" return',
  ]);
});

const inNetwork = (script: string) => spawnSync("unshare", ["--net", "sh", "-euc", script], { encoding: "utf8" });
const lacks =
  process.getuid?.() !== 0
    ? "not root: no network of its own"
    : inNetwork("command -v ip && command -v nft && ip link add x type veth peer name y").status !== 0 &&
      "no ip, no nft, or no network of its own";

test("the kernel takes the rules", { skip: lacks }, () => {
  for (const rules of [rulesOf(), rulesOf(everything), rulesOf({ [`${traffic}/includeInboundPorts`]: "" })])
    execFileSync("unshare", ["--net", "sh", "-euc", "nft -f - && nft list tables"], { input: `${rules}${rules}` });
});

/** Listens as a sidecar, and connects as an application would: to an address of nobody's. */
const program = `
import { connect, createServer } from "node:net";
import { loadOriginalDestination } from "${fileURLToPath(new URL("./original-destination.ts", import.meta.url))}";
const original = await loadOriginalDestination();
if (typeof original === "string") throw new Error(original);
const ask = (port, host) => new Promise((resolve) => {
  connect({ port, host, timeout: 500 }).on("connect", () => resolve("connected")).on("timeout", () => resolve("nobody")).on("error", ({ code }) => resolve(code));
});
const seen = [];
const server = createServer((socket) => { seen.push(original(socket)); socket.destroy(); });
server.listen(15001, "::", async () => {
  await ask(80, "10.99.0.7");
  await ask(443, "fd99::7");
  await ask(15001, "127.0.0.1");
  process.setegid(1337);
  process.seteuid(1337);
  const own = await ask(80, "10.99.0.7");
  console.log(JSON.stringify({ seen, own }));
  process.exit();
});
`;

test("a connection is turned over, and tells where it was going", { skip: lacks }, () => {
  const setting = [
    "ip link set lo up",
    "ip link add eth0 type veth peer name eth1",
    "ip link set eth0 up",
    "ip link set eth1 up",
    "ip addr add 10.99.0.1/24 dev eth0",
    "ip addr add fd99::1/64 dev eth0 nodad",
    `nft -f - <<'END'\n${rulesOf()}END`,
    `exec "$0" --conditions=source --input-type=module -e '${program.replaceAll("'", `'\\''`)}'`,
  ].join("\n");
  const ran = spawnSync("unshare", ["--net", "sh", "-euc", setting, process.execPath], { encoding: "utf8" });
  assert.equal(ran.stderr, "");
  const { seen, own } = JSON.parse(ran.stdout);
  assert.deepEqual(seen, [
    { ip: "10.99.0.7", port: 80 },
    { ip: "fd99::7", port: 443 },
    { ip: "127.0.0.1", port: 15_001 },
  ]);
  // The sidecar's own go out, where nobody is.
  assert.notEqual(own, "connected");
});

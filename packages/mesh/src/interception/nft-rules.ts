import type { Interception } from "../injection/annotations.ts";

export interface RuleTargets {
  /** Ports of the sidecar. */
  readonly inbound: number;
  readonly outbound: number;
  /** The sidecar's user and group, by number: what it sends itself passes. */
  readonly user: number;
}

const table = "sallyport_mesh";
/** Only what has ports is turned over. */
const tcp = "meta l4proto tcp";

/**
 * Rules for `nft -f` in a pod's own network, in place of those that were: connections to the pod are turned over to its sidecar, and
 * those from it. What stays on the loopback passes, and so does all that is no TCP.
 */
export function nftRules(interception: Interception, targets: RuleTargets): string {
  const chain = (name: string, hook: string, rules: readonly string[]) =>
    `  chain ${name} {\n${[`type nat hook ${hook}; policy accept;`, ...rules].map((rule) => `    ${rule}\n`).join("")}  }\n`;
  return [
    `table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n`,
    chain("inbound", "prerouting priority dstnat", inboundRules(interception, targets)),
    chain("outbound", "output priority -100", outboundRules(interception, targets)),
    "}\n",
  ].join("");
}

function inboundRules(interception: Interception, { inbound }: RuleTargets): readonly string[] {
  const { inboundPorts, excludedInboundPorts, excludedInterfaces } = interception;
  const turn = `redirect to :${inbound}`;
  return [
    ...interfaces("iifname", excludedInterfaces),
    ...ports(excludedInboundPorts, "return"),
    ...(inboundPorts === "*" ? [`${tcp} ${turn}`] : ports(inboundPorts, turn)),
  ];
}

function outboundRules(interception: Interception, { outbound, user }: RuleTargets): readonly string[] {
  const { outboundRanges, excludedOutboundRanges, outboundPorts, excludedOutboundPorts } = interception;
  const turn = `redirect to :${outbound}`;
  return [
    `meta skuid ${user} return`,
    `meta skgid ${user} return`,
    'oifname "lo" return',
    ...interfaces("oifname", interception.excludedInterfaces),
    ...ports(excludedOutboundPorts, "return"),
    ...ranges(excludedOutboundRanges, "return"),
    ...ports(outboundPorts, turn),
    ...(outboundRanges === "*" ? [`${tcp} ${turn}`] : ranges(outboundRanges, `${tcp} ${turn}`)),
  ];
}

function interfaces(match: "iifname" | "oifname", names: readonly string[]): readonly string[] {
  // An interface's name has neither quotes nor blanks: what has, would end our words.
  const known = names.filter((name) => /^[^\s"/;{}]{1,15}$/.test(name));
  return known.map((name) => `${match} "${name}" return`);
}

function ports(numbers: readonly number[], then: string): readonly string[] {
  const unique = [...new Set(numbers)].sort((a, b) => a - b);
  return unique.length === 0 ? [] : [`tcp dport { ${unique.join(", ")} } ${then}`];
}

function ranges(all: readonly string[], then: string): readonly string[] {
  const [v6, v4] = [all.filter((range) => range.includes(":")), all.filter((range) => !range.includes(":"))];
  // One rule each: ranges of a set must not overlap.
  return [...v4.map((range) => `ip daddr ${range} ${then}`), ...v6.map((range) => `ip6 daddr ${range} ${then}`)];
}

import { tool } from "../tool.ts";
import { gateway } from "./guest-scripts.ts";

/** The link's end in a pod's namespace; the guest has the other. */
export const tapName = "tap0";
const podLink = "eth0";

/**
 * Gives a pod's address to a guest: its namespace routes between the pod's link and the guest's, and answers on both for who is behind the
 * other. What connects to the namespace's own loopback, as `kubectl port-forward` does, comes to the guest. Answers the address; undefined
 * where the namespace has none.
 */
export async function joinGuest(namespace: string): Promise<string | undefined> {
  const inside = (program: string, args: readonly string[], input?: string) =>
    tool("nsenter", [`--net=${namespace}`, program, ...args], input === undefined ? {} : { input });
  const address = /inet ([\d.]+)\//.exec(
    await inside("ip", ["-4", "addr", "show", "dev", podLink]).catch(() => ""),
  )?.[1];
  if (address === undefined) return undefined;
  const node = /^default via ([\d.]+)/m.exec(await inside("ip", ["-4", "route", "show"]))?.[1] as string;
  const lines = [
    `addr flush dev ${podLink}`,
    `tuntap add dev ${tapName} mode tap`,
    `addr add ${gateway}/32 dev ${tapName}`,
    `link set ${tapName} up`,
    `route add ${address}/32 dev ${tapName}`,
    `route add ${node}/32 dev ${podLink} scope link`,
    `route add default via ${node} dev ${podLink}`,
  ];
  await inside("ip", ["-batch", "-"], `${lines.join("\n")}\n`);
  await inside("sh", [
    "-c",
    settings.map(([name, value]) => `echo ${value} > /proc/sys/net/ipv4/${name}`).join(" && "),
  ]);
  await inside("nft", ["-f", "-"], loopbackRules(address));
  return address;
}

const settings = [
  ["ip_forward", 1],
  [`conf/${podLink}/proxy_arp`, 1],
  [`conf/${tapName}/proxy_arp`, 1],
  [`conf/${tapName}/route_localnet`, 1],
  // Answered at once: else it waits for somebody nearer.
  [`neigh/${podLink}/proxy_delay`, 0],
  [`neigh/${tapName}/proxy_delay`, 0],
] as const;

function loopbackRules(address: string): string {
  return `table ip sallyport_guest {
  chain output {
    type nat hook output priority -100
    ip daddr 127.0.0.0/8 dnat to ${address}
  }
  chain postrouting {
    type nat hook postrouting priority 100
    oifname "${tapName}" ip saddr 127.0.0.0/8 masquerade
  }
}
`;
}

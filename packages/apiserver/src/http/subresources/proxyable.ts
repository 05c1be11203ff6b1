import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { StatusError } from "@sallyport/kube";

/** All that Go's IsGlobalUnicast denies: requests that an API server hands on must not reach what only its own machine may. */
const refused = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 32],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["255.255.255.255", 32],
] as const)
  refused.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of [
  ["::", 128],
  ["::1", 128],
  ["fe80::", 10],
  ["ff00::", 8],
] as const)
  refused.addSubnet(network, prefix, "ipv6");

/** Throws when no request may be handed on to an address, or to what a name stands for. */
export async function demandProxyable(host: string): Promise<void> {
  const addresses = isIP(host) !== 0 || host === "" ? [host] : await addressesOf(host);
  for (const address of addresses) {
    const family = isIP(address);
    if (family === 0 || refused.check(address, family === 4 ? "ipv4" : "ipv6"))
      throw new StatusError("BadRequest", "address not allowed");
  }
}

async function addressesOf(host: string): Promise<readonly string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    throw new StatusError("BadRequest", `lookup ${host}: no such host`);
  }
}

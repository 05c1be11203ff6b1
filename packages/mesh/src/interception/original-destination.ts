import type { Socket } from "node:net";

/** Where a connection was going before the kernel turned it over to us; undefined where it does not know. */
export type OriginalDestination = (socket: Socket) => { readonly ip: string; readonly port: number } | undefined;

/** Linux' SOL_IP, SOL_IPV6 and SO_ORIGINAL_DST, the same for both. https://github.com/torvalds/linux/blob/master/include/uapi/linux/netfilter_ipv4.h */
const [ofIpv4, ofIpv6, originalDestination] = [0, 41, 80];

/** Node does not ask the kernel for it, so that a function of C is called. Answers why that cannot be done, where it cannot. */
export async function loadOriginalDestination(): Promise<OriginalDestination | string> {
  if (process.platform !== "linux") return "the kernel of this machine is not Linux";
  let ask: (fd: number, level: number, name: number, value: Buffer, length: number[]) => number;
  try {
    const { default: koffi } = await import("koffi");
    ask = koffi
      .load(null)
      .func("int getsockopt(int fd, int level, int name, _Out_ uint8_t *value, _Inout_ uint32_t *length)");
  } catch (error) {
    return `the package koffi cannot be loaded: ${(error as Error).message.split("\n")[0]}`;
  }
  return (socket) => {
    const { _handle } = socket as unknown as { readonly _handle: { readonly fd: number } | null };
    if (_handle === null) return undefined;
    const address = Buffer.alloc(28);
    if (ask(_handle.fd, ofIpv4, originalDestination, address, [16]) === 0) return ipv4Of(address);
    return ask(_handle.fd, ofIpv6, originalDestination, address, [28]) === 0 ? ipv6Of(address) : undefined;
  };
}

/** A sockaddr_in: family, port and address, the latter two in the network's order. */
function ipv4Of(address: Buffer): ReturnType<OriginalDestination> {
  return { ip: [...address.subarray(4, 8)].join("."), port: address.readUInt16BE(2) };
}

/** A sockaddr_in6: family, port, flow and address. */
function ipv6Of(address: Buffer): ReturnType<OriginalDestination> {
  const groups = Array.from({ length: 8 }, (_, i) => address.readUInt16BE(8 + 2 * i).toString(16));
  return { ip: new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1), port: address.readUInt16BE(2) };
}

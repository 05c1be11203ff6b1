/** Where something is asked for over TCP. */
export interface Address {
  readonly ip: string;
  readonly port: number;
}

/** An address of IPv4 as it is, also where a socket of IPv6 tells it: `::ffff:10.0.0.1`. */
export function plainIp(ip: string | undefined): string {
  return ip === undefined ? "" : ip.replace(/^::ffff:(?=\d+\.)/, "");
}

import { addressRange, defaultServiceRanges, type ServiceRanges } from "@sallyport/apiserver";
import type { Command } from "commander";
import { UsageError } from "./errors.ts";

/** kube-apiserver's flags of services' addresses, by its names. */
export interface ServiceFlags {
  readonly serviceClusterIpRange: string;
  readonly serviceNodePortRange: string;
}

/** Adds them. */
export function addServiceOptions(command: Command): Command {
  const { cidr, firstPort, lastPort } = defaultServiceRanges;
  return command
    .option("--service-cluster-ip-range <cidr>", "where services get their addresses (IPv4)", cidr)
    .option(
      "--service-node-port-range <first-last>",
      "ports that services may open on nodes",
      `${firstPort}-${lastPort}`,
    );
}

/** As `startApiServer` takes them. Throws `UsageError`. */
export function serviceRanges({
  serviceClusterIpRange: cidr,
  serviceNodePortRange: ports,
}: ServiceFlags): ServiceRanges {
  if (addressRange(cidr) === undefined)
    throw new UsageError(`--service-cluster-ip-range ${cidr}: expected a range of IPv4 addresses such as 10.0.0.0/24`);
  const [, first, last] = /^(\d{1,5})-(\d{1,5})$/.exec(ports) ?? [];
  const [firstPort, lastPort] = [Number(first), Number(last)];
  if (!(firstPort >= 1 && lastPort >= firstPort && lastPort <= 65535))
    throw new UsageError(`--service-node-port-range ${ports}: expected ports such as 30000-32767`);
  return { cidr, firstPort, lastPort };
}

import { execFileSync } from "node:child_process";
import { annotationFaults, interceptionOf, nftRules, proxyUser, sidecarPorts } from "@sallyport/mesh";
import { Command } from "commander";
import { UsageError } from "../../errors.ts";

interface RedirectFlags {
  readonly includeInboundPorts: string;
  readonly excludeInboundPorts: string;
  readonly includeOutboundRanges: string;
  readonly excludeOutboundRanges: string;
  readonly includeOutboundPorts: string;
  readonly excludeOutboundPorts: string;
  readonly excludeInterfaces: string;
  readonly apply?: boolean;
}

export function redirectCommand(): Command {
  return new Command("redirect")
    .description("rules of nftables that turn a pod's connections over to its sidecar")
    .option("--include-inbound-ports <ports>", "* for all", "*")
    .option("--exclude-inbound-ports <ports>", "never turned over", "")
    .option("--include-outbound-ranges <ranges>", "* for all", "*")
    .option("--exclude-outbound-ranges <ranges>", "never turned over", "")
    .option("--include-outbound-ports <ports>", "whatever their address", "")
    .option("--exclude-outbound-ports <ports>", "never turned over", "")
    .option("--exclude-interfaces <names>", "never turned over", "")
    .option("--apply", "write them by nft, as the init container of a pod; else they are printed")
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh redirect --exclude-inbound-ports 9090
  sallyport mesh redirect --apply                       in the pod's own network, with NET_ADMIN

Exit status: 0 printed or written, 2 bad usage, 3 nft is not there or refuses.`,
    )
    .action(run);
}

const traffic = "traffic.sidecar.istio.io";

function run(flags: RedirectFlags): void {
  const annotations = {
    [`${traffic}/includeInboundPorts`]: flags.includeInboundPorts,
    [`${traffic}/excludeInboundPorts`]: flags.excludeInboundPorts,
    [`${traffic}/includeOutboundIPRanges`]: flags.includeOutboundRanges,
    [`${traffic}/excludeOutboundIPRanges`]: flags.excludeOutboundRanges,
    [`${traffic}/includeOutboundPorts`]: flags.includeOutboundPorts,
    [`${traffic}/excludeOutboundPorts`]: flags.excludeOutboundPorts,
    [`${traffic}/excludeInterfaces`]: flags.excludeInterfaces,
  };
  const [fault] = annotationFaults(annotations);
  if (fault !== undefined) throw new UsageError(fault);
  const { inbound, outbound, status, health, metrics } = sidecarPorts;
  const interception = interceptionOf(annotations, [status, health, metrics]);
  const rules = nftRules(interception, { inbound, outbound, user: proxyUser });
  if (flags.apply === true) execFileSync("nft", ["-f", "-"], { input: rules, stdio: ["pipe", "inherit", "inherit"] });
  else process.stdout.write(rules);
}

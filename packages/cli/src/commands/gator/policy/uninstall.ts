import { installedPolicies, uninstallPolicies } from "../../../gator/policy/cluster-policies.ts";
import { removalText, resultJson } from "../../../gator/policy/policy-text.ts";
import { CommandFault, type OpaCommand } from "../../../opa/command.ts";
import { below, bundles, dryRun, formatOf, namesOf, neededCatalog, output, withCluster } from "./below-policy.ts";

export const policyUninstallCommand: OpaCommand = below("uninstall", {
  usage: "<policy...> [flags]",
  summary: "Remove policies from the cluster",
  description: "Takes templates away, and with them their constraints.",
  flags: [output, bundles, dryRun],
  run: async (call) => {
    const { args, flags, terminal } = call;
    const isJson = formatOf(flags.string("output"));
    if (args.length === 0 && flags.list("bundle").length === 0)
      throw new CommandFault("Error: specify policy name(s) or use --bundle to uninstall a bundle");
    const isDry = flags.bool("dry-run");
    const asked = flags.list("bundle").length === 0 ? args : namesOf(call, neededCatalog(call));
    const done = await withCluster(terminal, async (client) => {
      await installedPolicies(client);
      return await uninstallPolicies(client, asked, isDry);
    });
    terminal.out(isJson ? resultJson("UninstallResult", { ...done, dryRun: isDry }) : removalText(done, isDry));
    if (done.notManaged.length === 0) return 0;
    throw new CommandFault("Error: uninstall failed: some policies are not managed by gator", 3);
  },
});

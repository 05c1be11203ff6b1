import { storedCatalog } from "../../../gator/policy/catalog-source.ts";
import { installedPolicies } from "../../../gator/policy/cluster-policies.ts";
import { installedText, jsonText } from "../../../gator/policy/policy-text.ts";
import type { OpaCommand } from "../../../opa/command.ts";
import { below, changesOf, formatOf, output, withCluster } from "./below-policy.ts";

export const policyListCommand: OpaCommand = below("list", {
  usage: "[flags]",
  summary: "List installed policies",
  flags: [output],
  run: async ({ flags, terminal }) => {
    const isJson = formatOf(flags.string("output"));
    const policies = await withCluster(terminal, installedPolicies);
    const stored = storedCatalog(terminal.env);
    const newer = stored === undefined ? [] : changesOf(policies, stored);
    if (newer.length > 0)
      terminal.err(
        `Hint: ${newer.length} policy(ies) have updates available. Run 'gator policy update' then 'gator policy upgrade --all'.\n\n`,
      );
    terminal.out(isJson ? jsonText({ policies }) : installedText(policies));
    return 0;
  },
});

import { catalogUrl } from "../../../gator/policy/catalog-source.ts";
import { installedPolicies } from "../../../gator/policy/cluster-policies.ts";
import { resultJson, updateText } from "../../../gator/policy/policy-text.ts";
import type { OpaCommand } from "../../../opa/command.ts";
import { below, changesOf, fetched, formatOf, output, withCluster } from "./below-policy.ts";

export const policyUpdateCommand: OpaCommand = below("update", {
  usage: "[flags]",
  summary: "Refresh the policy catalog",
  description: "From GATOR_CATALOG_URL, an https: or file: URL, else from gatekeeper-library; kept in GATOR_HOME.",
  flags: [output, { name: "insecure", kind: "bool", usage: "Allow plain HTTP catalog URLs (not recommended)" }],
  run: async ({ flags, terminal }) => {
    const isJson = formatOf(flags.string("output"));
    const url = catalogUrl(terminal.env);
    terminal.err(`Fetching catalog from ${url}...\n`);
    if (flags.bool("insecure"))
      terminal.err("Warning: --insecure flag set, allowing plain HTTP (not recommended for production)\n");
    const stored = await fetched(url, terminal.env, { isKept: true, insecure: flags.bool("insecure") });
    const { metadata, policies, bundles: all } = stored.catalog;
    // Where there is a cluster; none is needed.
    const installed = await withCluster(terminal, installedPolicies).catch(() => []);
    const upgradable = changesOf(installed, stored);
    const result = {
      catalogVersion: metadata.version,
      policyCount: policies.length,
      bundleCount: all.length,
      upgradable,
    };
    terminal.out(isJson ? resultJson("UpdateResult", result) : updateText(result));
    return 0;
  },
});

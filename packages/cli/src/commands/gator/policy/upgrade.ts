import type { Client } from "@sallyport/cluster";
import { policyNamed } from "../../../gator/policy/catalog.ts";
import type { StoredCatalog } from "../../../gator/policy/catalog-source.ts";
import { installedPolicies, installPolicies } from "../../../gator/policy/cluster-policies.ts";
import { resultJson, type Upgrade, upgradeText } from "../../../gator/policy/policy-text.ts";
import { type Call, CommandFault, type OpaCommand } from "../../../opa/command.ts";
import {
  action,
  actionOf,
  below,
  bundles,
  changesOf,
  dryRun,
  formatOf,
  namesOf,
  neededCatalog,
  output,
  withCluster,
} from "./below-policy.ts";

export const policyUpgradeCommand: OpaCommand = below("upgrade", {
  usage: "[policy...] [flags]",
  summary: "Upgrade installed policies to latest versions",
  flags: [output, bundles, dryRun, action, { name: "all", kind: "bool", usage: "Upgrade all installed policies" }],
  run: async (call) => {
    const { args, flags, terminal } = call;
    const isJson = formatOf(flags.string("output"));
    if (!flags.bool("all") && args.length === 0 && flags.list("bundle").length === 0)
      throw new CommandFault("Error: specify policy name(s), use --bundle, or use --all to upgrade all policies");
    const enforcementAction = actionOf(flags.string("enforcement-action"));
    const stored = neededCatalog(call);
    const isDry = flags.bool("dry-run");
    const done = await withCluster(terminal, (client) => upgrade(client, call, stored, enforcementAction));
    const { upgraded, alreadyCurrent, notInstalled, notFound } = done;
    const failed = done.failed.map(({ name, error }) => ({ name, error }));
    const result = { upgraded, alreadyCurrent, notInstalled, notFound, failed, dryRun: isDry };
    terminal.out(isJson ? resultJson("UpgradeResult", result) : upgradeText(done, isDry));
    if (failed.length === 0) return 0;
    throw new CommandFault("Error: upgrade incomplete: some policies failed to upgrade", 4);
  },
});

async function upgrade(client: Client, call: Call, stored: StoredCatalog, enforcementAction: string): Promise<Upgrade> {
  const installed = new Map((await installedPolicies(client)).map((each) => [each.name, each]));
  const asked = call.flags.bool("all") ? [...installed.keys()] : namesOf(call, stored);
  const known = asked.flatMap((name) => installed.get(name) ?? []);
  const offered = known.filter(({ name }) => policyNamed(stored.catalog, name) !== undefined);
  const changes = changesOf(offered, stored);
  const { installed: upgraded, failed } = await installPolicies({
    policies: changes.map(({ name }) => ({ name, bundle: installed.get(name)?.bundle })),
    stored,
    enforcementAction,
    client: call.flags.bool("dry-run") ? undefined : client,
    now: () => new Date(),
  });
  const changed = new Set(changes.map(({ name }) => name));
  return {
    upgraded: changes.filter(({ name }) => upgraded.includes(name)),
    alreadyCurrent: offered.map(({ name }) => name).filter((name) => !changed.has(name)),
    notInstalled: asked.filter((name) => !installed.has(name)),
    notFound: known.filter((each) => !offered.includes(each)).map(({ name }) => name),
    failed,
  };
}

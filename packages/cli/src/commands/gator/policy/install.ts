import { policiesOfBundle, policyNamed } from "../../../gator/policy/catalog.ts";
import type { StoredCatalog } from "../../../gator/policy/catalog-source.ts";
import { installedPolicies, installPolicies } from "../../../gator/policy/cluster-policies.ts";
import { installText, resultJson } from "../../../gator/policy/policy-text.ts";
import { type Call, CommandFault, type OpaCommand } from "../../../opa/command.ts";
import {
  action,
  actionOf,
  below,
  bundles,
  dryRun,
  formatOf,
  neededCatalog,
  output,
  withCluster,
} from "./below-policy.ts";

export const policyInstallCommand: OpaCommand = below("install", {
  usage: "<policy...> [flags]",
  summary: "Install one or more policies",
  description: "Policies install their template; bundles install templates and constraints.",
  flags: [output, bundles, dryRun, action],
  run: async (call) => {
    const { args, flags, terminal } = call;
    const isJson = formatOf(flags.string("output"));
    if (args.length === 0 && flags.list("bundle").length === 0)
      throw new CommandFault("Error: specify policy name(s) or use --bundle to install a bundle");
    const enforcementAction = actionOf(flags.string("enforcement-action"));
    if (enforcementAction !== "" && flags.list("bundle").length === 0)
      terminal.err("Warning: --enforcement-action is ignored for template-only installs (no bundle specified)\n");
    const stored = neededCatalog(call);
    const isDry = flags.bool("dry-run");
    const options = { policies: wanted(call, stored), stored, enforcementAction, now: () => new Date() };
    const done = isDry
      ? await installPolicies({ ...options, client: undefined })
      : await withCluster(terminal, async (client) => {
          await installedPolicies(client);
          return await installPolicies({ ...options, client });
        });
    const versionOf = (name: string) => policyNamed(stored.catalog, name)?.version ?? "";
    const { installed, skipped, failed, templates, constraints } = done;
    const result = {
      installed: installed.map((name) => ({ name, version: versionOf(name) })),
      skipped,
      failed: failed.map(({ name, error }) => ({ name, error })),
      templatesInstalled: templates,
      constraintsInstalled: constraints,
      dryRun: isDry,
    };
    terminal.out(isJson ? resultJson("InstallResult", result) : installText(done, versionOf, isDry));
    const [fault] = failed;
    if (fault === undefined) return 0;
    if (fault.isConflict) throw new CommandFault(`Error: installation incomplete: ${fault.error}`, 3);
    terminal.err("\nRe-run command to continue (already installed will be skipped).\n");
    const counts = `${installed.length} of ${options.policies.length} policies installed`;
    throw new CommandFault(`Error: installation incomplete: ${counts}`, 4);
  },
});

/** Policies of bundles first, each with the first bundle that has it. */
function wanted({ args, flags }: Call, { catalog }: StoredCatalog) {
  const found = new Map<string, string | undefined>();
  for (const bundle of flags.list("bundle"))
    for (const name of policiesOfBundle(catalog, bundle)) if (!found.has(name)) found.set(name, bundle);
  for (const name of args) if (!found.has(name)) found.set(name, undefined);
  return [...found].map(([name, bundle]) => ({ name, bundle }));
}

import { gatorVersion } from "../../gator/gator-version.ts";
import type { Terminal } from "../../opa/command.ts";
import { type CommandGroup, runGroup } from "../../opa/command-group.ts";
import { version } from "../../version.ts";

const group: CommandGroup = {
  name: "gator",
  version: `${gatorVersion} (sallyport ${version})`,
  about: "Gatekeeper's templates and constraints without a cluster: the arguments, outputs and exit codes of `gator`.",
  examples: `
  sallyport gator test -f policies/ -f manifests/
  sallyport gator verify policies/...
  sallyport gator verify tests/suite.yaml --run '^required-labels$' -v`,
  entries: [
    {
      name: "bench",
      summary: "Measure how fast constraints review objects",
      load: async () => (await import("./bench.ts")).benchCommand,
    },
    {
      name: "expand",
      summary: "Show what objects imply by the ExpansionTemplates among them",
      load: async () => (await import("./expand.ts")).expandCommand,
    },
    {
      name: "policy",
      summary: "Manage policies of a library as gatekeeper-library in a cluster",
      load: async () => (await import("./policy/policy.ts")).policyCommand,
    },
    {
      name: "policy generate-catalog",
      summary: "Generate a policy catalog from gatekeeper-library",
      load: async () => (await import("./policy/generate-catalog.ts")).policyGenerateCatalogCommand,
    },
    {
      name: "policy install",
      summary: "Install one or more policies",
      load: async () => (await import("./policy/install.ts")).policyInstallCommand,
    },
    {
      name: "policy list",
      summary: "List installed policies",
      load: async () => (await import("./policy/list.ts")).policyListCommand,
    },
    {
      name: "policy search",
      summary: "Search available policies in the catalog",
      load: async () => (await import("./policy/search.ts")).policySearchCommand,
    },
    {
      name: "policy uninstall",
      summary: "Remove policies from the cluster",
      load: async () => (await import("./policy/uninstall.ts")).policyUninstallCommand,
    },
    {
      name: "policy update",
      summary: "Refresh the policy catalog",
      load: async () => (await import("./policy/update.ts")).policyUpdateCommand,
    },
    {
      name: "policy upgrade",
      summary: "Upgrade installed policies to latest versions",
      load: async () => (await import("./policy/upgrade.ts")).policyUpgradeCommand,
    },
    {
      name: "sync",
      summary: "Manage SyncSets and Config",
      load: async () => (await import("./sync.ts")).syncCommand,
    },
    {
      name: "sync test",
      summary: "Tell what templates read of the inventory and no SyncSet or Config replicates",
      load: async () => (await import("./sync-test.ts")).syncTestCommand,
    },
    {
      name: "test",
      summary: "Review objects under the templates and constraints among them",
      load: async () => (await import("./test.ts")).testCommand,
    },
    {
      name: "vap",
      summary: "Write templates in CEL and their constraints as ValidatingAdmissionPolicies and bindings",
      load: async () => (await import("./vap.ts")).vapCommand,
    },
    {
      name: "verify",
      summary: "Run suites of tests of constraints",
      load: async () => (await import("./verify.ts")).verifyCommand,
    },
    {
      name: "version",
      summary: "Prints the version",
      load: async () => (await import("./version.ts")).versionCommand,
    },
  ],
};

/** Runs `sallyport gator …`: the arguments, outputs and exit codes of `gator`. */
export function runGator(line: readonly string[], terminal: Terminal): Promise<number> {
  return runGroup(group, line, terminal);
}

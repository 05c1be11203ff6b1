import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Client, ConnectionError } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import { stringify } from "yaml";
import { connectionOf } from "../../connection.ts";
import { reasonOf, UsageError } from "../../errors.ts";
import { parseCatalog, policiesOfBundle, policyNamed } from "../../gator/policy/catalog.ts";
import {
  catalogUrl,
  fetchText,
  type StoredCatalog,
  storeCatalog,
  storedCatalog,
} from "../../gator/policy/catalog-source.ts";
import {
  type InstalledPolicy,
  installedPolicies,
  installPolicies,
  uninstallPolicies,
} from "../../gator/policy/cluster-policies.ts";
import { catalogFault, generateCatalog } from "../../gator/policy/generate-catalog.ts";
import {
  installedText,
  installText,
  jsonText,
  removalText,
  resultJson,
  searchText,
  type Upgrade,
  updateText,
  upgradeText,
  type VersionChange,
} from "../../gator/policy/policy-text.ts";
import { sortedJson } from "../../gator/sorted-json.ts";
import { type Call, CommandFault, type OpaCommand } from "../../opa/command.ts";
import type { FlagSpec } from "../../opa/flags.ts";

const output: FlagSpec = {
  name: "output",
  short: "o",
  kind: "string",
  default: "table",
  usage: "Output format: table, json",
};
const bundles: FlagSpec = { name: "bundle", kind: "commaList", usage: "A policy bundle; may be repeated" };
const dryRun: FlagSpec = { name: "dry-run", kind: "bool", usage: "Preview changes without applying" };
const action: FlagSpec = {
  name: "enforcement-action",
  kind: "string",
  usage: "Override enforcement action (deny, warn, dryrun)",
};

const names = ["search", "list", "install", "uninstall", "update", "upgrade", "generate-catalog"];

export const policyCommand: OpaCommand = {
  program: "gator",
  name: "policy",
  usage: "[command]",
  summary: "Manage policies of a library as gatekeeper-library in a cluster",
  description: `Commands: ${names.join(", ")}.`,
  flags: [],
  run: ({ terminal }) => {
    terminal.out(names.map((name) => `sallyport gator policy ${name}\n`).join(""));
    return 0;
  },
};

/** A command below `policy`; status 2 is the cluster's, as gator's. */
function below(name: string, command: Omit<OpaCommand, "program" | "name">): OpaCommand {
  return { program: "gator", name: `policy ${name}`, ...command };
}

export const policySearchCommand: OpaCommand = below("search", {
  usage: "<query> [flags]",
  summary: "Search available policies in the catalog",
  flags: [
    output,
    { name: "category", kind: "string", usage: "Filter by category (e.g., general, pod-security)" },
    { name: "bundle", kind: "string", usage: "Filter to policies within a bundle" },
  ],
  run: async ({ args, flags, terminal }) => {
    const isJson = formatOf(flags.string("output"));
    if (args.length !== 1) throw new CommandFault(`Error: accepts 1 arg(s), received ${args.length}`);
    const { catalog } =
      storedCatalog(terminal.env) ?? (await fetched(catalogUrl(terminal.env), terminal.env, { isKept: false }));
    const [query, category, bundle] = [args[0] as string, flags.string("category"), flags.string("bundle")];
    const inBundle = bundle === "" ? undefined : policiesOfBundle(catalog, bundle);
    const found = catalog.policies.filter(
      (each) =>
        (inBundle === undefined || inBundle.includes(each.name)) &&
        (category === "" || each.category.toLowerCase() === category.toLowerCase()) &&
        [each.name, each.description].some((text) => text.toLowerCase().includes(query.toLowerCase())),
    );
    const results = found.map(({ name, version, category, description }) => ({ name, version, category, description }));
    // As gator, whose list is nil where it is empty.
    terminal.out(isJson ? jsonText({ results: results.length === 0 ? null : results }) : searchText(found));
    return 0;
  },
});

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

export const policyGenerateCatalogCommand: OpaCommand = below("generate-catalog", {
  usage: "[flags]",
  summary: "Generate a policy catalog from gatekeeper-library",
  flags: [
    { name: "library-path", kind: "string", default: ".", usage: "Path to the gatekeeper-library repository root" },
    { name: "output", short: "o", kind: "string", default: "catalog.yaml", usage: "Output path for the catalog" },
    { name: "name", kind: "string", default: "gatekeeper-library", usage: "Name of the catalog" },
    { name: "version", kind: "string", default: "v1.0.0", usage: "Version of the catalog" },
    { name: "bundles", kind: "string", usage: "Path to bundles definition file (optional)" },
    { name: "base-url", kind: "string", usage: "Base URL for template/constraint paths" },
    { name: "validate", kind: "bool", default: "true", usage: "Validate the generated catalog" },
  ],
  run: ({ flags, terminal }) => {
    const root = resolve(flags.string("library-path"));
    if (!existsSync(root)) throw new CommandFault(`Error: library path does not exist: ${root}`);
    terminal.err(`Scanning library at ${root}...\n`);
    const catalog = generateCatalog({
      root,
      name: flags.string("name"),
      version: flags.string("version"),
      bundlesFile: flags.string("bundles"),
      baseUrl: flags.string("base-url"),
      now: new Date(),
    });
    const { policies, bundles: all } = catalog;
    terminal.err(`Found ${policies.length} policies${all.length === 0 ? "" : ` and ${all.length} bundles`}\n`);
    const fault = flags.bool("validate") ? catalogFault(catalog) : undefined;
    if (fault !== undefined) throw new CommandFault(`Error: catalog validation failed: ${fault}`);
    if (flags.bool("validate")) terminal.err("Catalog validation passed\n");
    const file = flags.string("output");
    const head = `# Policy Catalog for ${catalog.metadata.name}, generated: sallyport gator policy generate-catalog\n`;
    try {
      writeFileSync(file, head + stringify(sortedJson(catalog)), { mode: 0o600 });
    } catch (error) {
      throw new CommandFault(`Error: writing catalog: ${file}: ${reasonOf(error)}`);
    }
    terminal.err(`Catalog written to ${file}\n`);
    return 0;
  },
});

/** Whether JSON is wanted. */
function formatOf(format: string): boolean {
  if (format === "json") return true;
  if (format === "table" || format === "") return false;
  throw new CommandFault(`Error: invalid output format: ${format} (must be table or json)`);
}

function actionOf(given: string): string {
  const lower = given.toLowerCase();
  if (["", "deny", "warn", "dryrun"].includes(lower)) return lower;
  if (lower === "scoped") throw new CommandFault("Error: 'scoped' enforcement action is not supported in this release");
  throw new CommandFault(`Error: invalid enforcement action: ${given} (must be deny, warn, or dryrun)`);
}

async function fetched(
  url: string,
  environment: Call["terminal"]["env"],
  { isKept, insecure = false }: { readonly isKept: boolean; readonly insecure?: boolean },
): Promise<StoredCatalog> {
  const text = await fetchText(url, insecure);
  const catalog = parseCatalog(text);
  if (isKept) storeCatalog(text, url, environment);
  return { catalog, url };
}

/** Throws `CommandFault` where none was fetched. */
function neededCatalog({ terminal }: Call): StoredCatalog {
  const stored = storedCatalog(terminal.env);
  if (stored !== undefined) return stored;
  throw new CommandFault("Error: loading catalog: no cached catalog found, run 'gator policy update' first");
}

/** Policies of bundles first, each with the first bundle that has it. */
function wanted({ args, flags }: Call, { catalog }: StoredCatalog) {
  const found = new Map<string, string | undefined>();
  for (const bundle of flags.list("bundle"))
    for (const name of policiesOfBundle(catalog, bundle)) if (!found.has(name)) found.set(name, bundle);
  for (const name of args) if (!found.has(name)) found.set(name, undefined);
  return [...found].map(([name, bundle]) => ({ name, bundle }));
}

function namesOf({ args, flags }: Call, { catalog }: StoredCatalog): readonly string[] {
  return [...new Set([...args, ...flags.list("bundle").flatMap((bundle) => policiesOfBundle(catalog, bundle))])];
}

function changesOf(installed: readonly InstalledPolicy[], { catalog }: StoredCatalog): readonly VersionChange[] {
  return installed.flatMap(({ name, version }) => {
    const toVersion = policyNamed(catalog, name)?.version ?? version;
    return toVersion === version ? [] : [{ name, fromVersion: version, toVersion }];
  });
}

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

/** Where there is no cluster, or it refuses, one line says so. */
async function withCluster<T>({ env }: Call["terminal"], run: (client: Client) => Promise<T>): Promise<T> {
  let client: Client | undefined;
  try {
    client = new Client(connectionOf(env["KUBECONFIG"] ? { kubeconfig: env["KUBECONFIG"] } : {}));
    return await run(client);
  } catch (error) {
    const isTold = error instanceof ConnectionError || error instanceof StatusError || error instanceof UsageError;
    throw isTold ? new CommandFault(`Error: ${error.message}`) : error;
  } finally {
    client?.close();
  }
}

import { Client, ConnectionError } from "@sallyport/cluster";
import { StatusError } from "@sallyport/kube";
import { connectionOf } from "../../../connection.ts";
import { UsageError } from "../../../errors.ts";
import { parseCatalog, policiesOfBundle, policyNamed } from "../../../gator/policy/catalog.ts";
import { fetchText, type StoredCatalog, storeCatalog, storedCatalog } from "../../../gator/policy/catalog-source.ts";
import type { InstalledPolicy } from "../../../gator/policy/cluster-policies.ts";
import type { VersionChange } from "../../../gator/policy/policy-text.ts";
import { type Call, CommandFault, type OpaCommand } from "../../../opa/command.ts";
import type { FlagSpec } from "../../../opa/flags.ts";

/** A command below `policy`; status 2 is the cluster's, as gator's. */
export function below(name: string, command: Omit<OpaCommand, "program" | "name">): OpaCommand {
  return { program: "gator", name: `policy ${name}`, ...command };
}

export const output: FlagSpec = {
  name: "output",
  short: "o",
  kind: "string",
  default: "table",
  usage: "Output format: table, json",
};
export const bundles: FlagSpec = { name: "bundle", kind: "commaList", usage: "A policy bundle; may be repeated" };
export const dryRun: FlagSpec = { name: "dry-run", kind: "bool", usage: "Preview changes without applying" };
export const action: FlagSpec = {
  name: "enforcement-action",
  kind: "string",
  usage: "Override enforcement action (deny, warn, dryrun)",
};

/** Whether JSON is wanted. */
export function formatOf(format: string): boolean {
  if (format === "json") return true;
  if (format === "table" || format === "") return false;
  throw new CommandFault(`Error: invalid output format: ${format} (must be table or json)`);
}

export function actionOf(given: string): string {
  const lower = given.toLowerCase();
  if (["", "deny", "warn", "dryrun"].includes(lower)) return lower;
  if (lower === "scoped") throw new CommandFault("Error: 'scoped' enforcement action is not supported in this release");
  throw new CommandFault(`Error: invalid enforcement action: ${given} (must be deny, warn, or dryrun)`);
}

export async function fetched(
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
export function neededCatalog({ terminal }: Call): StoredCatalog {
  const stored = storedCatalog(terminal.env);
  if (stored !== undefined) return stored;
  throw new CommandFault("Error: loading catalog: no cached catalog found, run 'gator policy update' first");
}

export function namesOf({ args, flags }: Call, { catalog }: StoredCatalog): readonly string[] {
  return [...new Set([...args, ...flags.list("bundle").flatMap((bundle) => policiesOfBundle(catalog, bundle))])];
}

export function changesOf(installed: readonly InstalledPolicy[], { catalog }: StoredCatalog): readonly VersionChange[] {
  return installed.flatMap(({ name, version }) => {
    const toVersion = policyNamed(catalog, name)?.version ?? version;
    return toVersion === version ? [] : [{ name, fromVersion: version, toVersion }];
  });
}

/** Where there is no cluster, or it refuses, one line says so. */
export async function withCluster<T>({ env }: Call["terminal"], run: (client: Client) => Promise<T>): Promise<T> {
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

import { Client, ConnectionError } from "@sallyport/cluster";
import { manifestText, StatusError } from "@sallyport/kube";
import { Command, Option } from "commander";
import { list } from "../comma-list.ts";
import { connectionOf } from "../connection.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { type Manifest, readManifests } from "../manifests.ts";
import { readLive } from "../migrate/live.ts";
import { migratePodSecurityPolicies, type Replacement } from "../migrate/migration.ts";
import { migrationText } from "../migrate/report.ts";
import { readStandardInput } from "../standard-input.ts";

interface Flags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly as: Replacement;
  readonly user: string;
  readonly group: readonly string[];
  readonly namespace: string;
  readonly podSecurityVersion: string;
  readonly json?: boolean;
  readonly manifests?: boolean;
}

export function migrateCommand(): Command {
  return new Command("migrate")
    .description("move off what Kubernetes has no more")
    .addCommand(pspCommand().exitOverride());
}

function pspCommand(): Command {
  return new Command("psp")
    .description(
      "PodSecurityPolicies to levels of Pod Security, proven on each workload: admitted before, admitted now, alike",
    )
    .argument(
      "[files...]",
      "manifests of policies, of roles and bindings that grant them, of workloads; without any, a cluster is asked",
    )
    .option("--kubeconfig <file>", "how to reach the cluster; default: as kubectl finds it")
    .option("--context <name>", "another context of the kubeconfig than its current one")
    .addOption(
      new Option("--as <form>", "what becomes of what the policies set on pods")
        .choices(["map", "gatekeeper", "none"])
        .default("map", "map: MutatingAdmissionPolicies (1.36 or newer)"),
    )
    .option("--pod-security-version <version>", "of the levels: latest, or v1.x", "latest")
    .option("--user <name>", "who creates pods that no controller creates", "kubernetes-admin")
    .option("--group <name>", "a group of that user; may be repeated", list, [])
    .option("-n, --namespace <name>", "namespace of objects that name none", "default")
    .option("--manifests", "print what to apply, and nothing else")
    .option("--json", "as JSON: namespaces, policies, manifests, notes, proven")
    .addHelpText(
      "after",
      `
Examples:
  sallyport migrate psp --kubeconfig old-cluster.yaml
  sallyport migrate psp policies.yaml rbac.yaml workloads/
  sallyport migrate psp --as gatekeeper cluster/ --manifests > migrated.yaml
  sallyport migrate psp --json | jq -r '.namespaces[] | [.namespace, .level] | @tsv'

Each workload's pod goes through the admission chain twice: with the policies, asked for as in a cluster (the service account first, then
who creates the pod: for a Deployment its controller); and with the level and the manifests instead. The level is the strictest that admits
all that was admitted. Of a cluster nothing is changed.
Exit status: 0 all proven, 1 not, 2 bad input, 3 the cluster does not answer or does not let us.`,
    )
    .action(run);
}

async function run(files: readonly string[], flags: Flags): Promise<void> {
  const groups = flags.group.length === 0 && flags.user === "kubernetes-admin" ? ["system:masters"] : flags.group;
  const migration = await migratePodSecurityPolicies(await inputOf(files, flags), {
    as: flags.as,
    user: { username: flags.user, groups: [...groups, "system:authenticated"] },
    namespace: flags.namespace,
    version: versionOf(flags.podSecurityVersion),
  });
  const text =
    flags.json === true
      ? `${JSON.stringify(migration, undefined, 2)}\n`
      : flags.manifests === true
        ? migration.manifests.map((each) => `---\n${manifestText(each)}`).join("")
        : migrationText(migration);
  process.stdout.write(text);
  process.exitCode = migration.proven ? exitCodes.ok : exitCodes.denied;
}

async function inputOf(files: readonly string[], flags: Flags): Promise<readonly Manifest[]> {
  if (files.length > 0) return readManifests(files, readStandardInput);
  const connection = connectionOf(flags);
  const client = new Client(connection);
  try {
    return await readLive(client, connection.url);
  } catch (error) {
    throw error instanceof StatusError ? new ConnectionError(`${connection.url}: ${error.message}`) : error;
  } finally {
    client.close();
  }
}

function versionOf(text: string): number | "latest" {
  if (text === "latest") return text;
  const [, minor] = /^v1\.(0|[1-9]\d*)$/.exec(text) ?? [];
  if (minor === undefined) throw new UsageError(`--pod-security-version ${text}: expected latest or v1.x`);
  return Number(minor);
}

import { findMissingSyncs, type SyncFindings, type SyncOptions } from "@sallyport/constraints";
import type { GroupVersionKind, KubeObject } from "@sallyport/kube";
import { filenameFlag, imageFlags, readSources } from "../../gator/read-sources.ts";
import { type Call, CommandFault, type OpaCommand } from "../../opa/command.ts";
import type { FlagSpec } from "../../opa/flags.ts";

const flags: readonly FlagSpec[] = [
  filenameFlag("n"),
  ...imageFlags,
  {
    name: "force-omit-gvk-manifest",
    short: "f",
    kind: "bool",
    usage: "take all kinds for served by the cluster, where no GVKManifest says which ones are",
  },
];

export const syncTestCommand: OpaCommand = {
  program: "gator",
  name: "sync test",
  usage: "[flags]",
  summary: "Tell what templates read of the inventory and no SyncSet or Config replicates",
  description:
    "Templates say what they read by their annotation metadata.gatekeeper.sh/requires-sync-data. Status 1 where something is not replicated.",
  examples: `
  sallyport gator sync test -n policies/ -n syncset.yaml -n gvkmanifest.yaml
  sallyport gator sync test -n policies/ -n config.yaml --force-omit-gvk-manifest`,
  flags,
  run: runSyncTest,
};

function runSyncTest(call: Call): number {
  const { flags, terminal } = call;
  const omits = flags.bool("force-omit-gvk-manifest");
  const objects = readSources(call);
  const onSkipped = (name: string) =>
    terminal.out(
      `skipping unstructured ${JSON.stringify(name)} because it is not a syncset, config, gvk manifest, or template\n`,
    );
  const { missing, faults } = find(objects, { omitsManifest: omits, onSkipped });
  if (faults.size > 0)
    throw new CommandFault(`encountered errors parsing the following templates: \n${textOf(faults, (fault) => fault)}`);
  if (omits && !objects.some(({ kind }) => kind === "GVKManifest"))
    terminal.out(
      "ignoring absence of supported GVK manifest due to --force-omit-gvk-manifest flag; will assume all synced GVKs are supported by cluster\n",
    );
  if (missing.size > 0)
    throw new CommandFault(
      `the following requirements were not met: \n${textOf(missing, (all) => all.map(alternativesText).join("\n"))}`,
    );
  return 0;
}

function find(objects: readonly KubeObject[], options: SyncOptions): SyncFindings {
  try {
    return findMissingSyncs(objects, options);
  } catch (error) {
    throw new CommandFault(`checking: ${(error as Error).message}`);
  }
}

function textOf<T>(found: ReadonlyMap<string, T>, show: (value: T) => string): string {
  return [...found].map(([name, value]) => `${name}:\n${show(value)}\n`).join("");
}

function alternativesText(kinds: readonly GroupVersionKind[]): string {
  return `- ${kinds.map(({ group, version, kind }) => `${group}/${version}:${kind}`).join(" OR ")}`;
}

import { createChain, type Deprecation, deprecationText, type PluginEntry, pluginEntries } from "@sallyport/admission";
import { Command } from "commander";
import { isConfigurable } from "../admission-configuration.ts";
import { readApiServerManifest } from "../apiserver-manifest.ts";
import { list } from "../comma-list.ts";
import { UsageError } from "../errors.ts";
import { paint } from "../terminal.ts";

export function pluginsCommand(): Command {
  return new Command("plugins")
    .description(
      "list the admission plugins in the order in which they run: on by default or off, in which phase, what became of them",
    )
    .option("--enable-admission-plugins <names>", "plugins that are enabled beside the default ones", list, [])
    .option("--disable-admission-plugins <names>", "default plugins that are disabled", list, [])
    .option("--apiserver-manifest <file>", "a kube-apiserver's static pod manifest: what its flags enable and disable")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Examples:
  sallyport plugins
  sallyport plugins --apiserver-manifest /etc/kubernetes/manifests/kube-apiserver.yaml
  sallyport plugins --json | jq -r '.[] | select(.default) | .name'
  sallyport plugins --json | jq -r '.[] | select(.deprecated) | [.name, .deprecated.since, .deprecated.replacedBy] | @tsv'

All mutating plugins run first, then all validating ones. --enable-admission-plugins and --disable-admission-plugins of check, up and
securitycontext choose among them.
Exit status: 0 listed, 2 bad usage.`,
    )
    .action((flags: Flags) => {
      const rows = enabledRows(flags);
      process.stdout.write(flags.json === true ? `${JSON.stringify(rows, undefined, 2)}\n` : tableText(rows));
    });
}

interface Flags {
  readonly enableAdmissionPlugins: readonly string[];
  readonly disableAdmissionPlugins: readonly string[];
  readonly apiserverManifest?: string;
  readonly json?: boolean;
}

/** All plugins, with those enabled that flags and a manifest enable. Throws `UsageError`, `InputError`. */
export function enabledRows({
  enableAdmissionPlugins,
  disableAdmissionPlugins,
  apiserverManifest,
}: Omit<Flags, "json">): readonly PluginRow[] {
  // What configures the plugins is not asked: the list tells only which of them run.
  const manifest = apiserverManifest === undefined ? undefined : readApiServerManifest(apiserverManifest, "");
  const enable = [...(manifest?.enable ?? []), ...enableAdmissionPlugins];
  const disable = [...(manifest?.disable ?? []), ...disableAdmissionPlugins];
  const fault = createChain({ enable: enable.filter((name) => name !== "ImagePolicyWebhook"), disable });
  if (typeof fault === "string") throw new UsageError(fault);
  return pluginEntries
    .map(rowOf)
    .map((row) => ({ ...row, enabled: (row.default || enable.includes(row.name)) && !disable.includes(row.name) }));
}

/** What is told of a plugin. Fields are absent where there is nothing to tell. */
export interface PluginRow {
  readonly order: number;
  readonly name: string;
  readonly default: boolean;
  /** As flags have it. */
  readonly enabled: boolean;
  readonly phases: readonly ("mutating" | "validating")[];
  /** It has a part in an AdmissionConfiguration. */
  readonly configurable: boolean;
  readonly deprecated?: Deprecation;
  readonly removed?: string;
  readonly featureGate?: string;
  readonly own?: true;
}

export function rowOf({ create, byDefault, name, ...told }: PluginEntry, index: number): PluginRow {
  const { mutate, validate } = create();
  const phases = [
    ...(mutate === undefined ? [] : (["mutating"] as const)),
    ...(validate === undefined ? [] : (["validating"] as const)),
  ];
  return {
    order: index + 1,
    name,
    default: byDefault,
    enabled: byDefault,
    phases,
    configurable: isConfigurable(name),
    ...told,
  };
}

export function tableText(rows: readonly PluginRow[]): string {
  const lines = rows.map(({ order, name, phases, ...told }) => {
    const state = told.enabled ? paint("green", "on ") : "off";
    const line = `${String(order).padStart(3)}  ${state}  ${name.padEnd(38)}${phases.join(", ").padEnd(23)}${noteOf(told)}`;
    return line.trimEnd();
  });
  return `${lines.join("\n")}\n`;
}

function noteOf({
  default: byDefault,
  enabled,
  configurable,
  featureGate,
  own,
  ...fate
}: Omit<PluginRow, "order" | "name" | "phases">): string {
  const deprecation = deprecationText(fate);
  const notes = [
    ...(enabled === byDefault ? [] : [byDefault ? "disabled by a flag" : "enabled by a flag"]),
    ...(own === true ? ["of Sallyport alone"] : []),
    ...(configurable ? ["configurable"] : []),
    ...(featureGate === undefined ? [] : [`does nothing while the feature gate ${featureGate} is off`]),
  ];
  return [paint("dim", notes.join("; ")), paint("yellow", deprecation)].filter((each) => each !== "").join("; ");
}

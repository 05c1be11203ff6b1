import { type Deprecation, deprecationText, type PluginEntry, pluginEntries } from "@sallyport/admission";
import { Command } from "commander";
import { isConfigurable } from "../admission-configuration.ts";
import { paint } from "../terminal.ts";

export function pluginsCommand(): Command {
  return new Command("plugins")
    .description(
      "list the admission plugins in the order in which they run: on by default or off, in which phase, what became of them",
    )
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Examples:
  sallyport plugins
  sallyport plugins --json | jq -r '.[] | select(.default) | .name'
  sallyport plugins --json | jq -r '.[] | select(.deprecated) | [.name, .deprecated.since, .deprecated.replacedBy] | @tsv'

All mutating plugins run first, then all validating ones. --enable-admission-plugins and --disable-admission-plugins of check, up and
securitycontext choose among them.
Exit status: 0.`,
    )
    .action(({ json }: { readonly json?: boolean }) => {
      const rows = pluginEntries.map(rowOf);
      process.stdout.write(json === true ? `${JSON.stringify(rows, undefined, 2)}\n` : tableText(rows));
    });
}

/** What is told of a plugin. Fields are absent where there is nothing to tell. */
export interface PluginRow {
  readonly order: number;
  readonly name: string;
  readonly default: boolean;
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
  return { order: index + 1, name, default: byDefault, phases, configurable: isConfigurable(name), ...told };
}

export function tableText(rows: readonly PluginRow[]): string {
  const lines = rows.map(({ order, name, default: byDefault, phases, ...told }) => {
    const state = byDefault ? paint("green", "on ") : "off";
    const line = `${String(order).padStart(3)}  ${state}  ${name.padEnd(38)}${phases.join(", ").padEnd(23)}${noteOf(told)}`;
    return line.trimEnd();
  });
  return `${lines.join("\n")}\n`;
}

function noteOf({
  configurable,
  featureGate,
  own,
  ...fate
}: Omit<PluginRow, "order" | "name" | "default" | "phases">): string {
  const deprecation = deprecationText(fate);
  const notes = [
    ...(own === true ? ["of Sallyport alone"] : []),
    ...(configurable ? ["configurable"] : []),
    ...(featureGate === undefined ? [] : [`does nothing while the feature gate ${featureGate} is off`]),
  ];
  return [paint("dim", notes.join("; ")), paint("yellow", deprecation)].filter((each) => each !== "").join("; ");
}

import { type PluginEntry, pluginEntries } from "@sallyport/admission";
import { Command } from "commander";
import { paint } from "../terminal.ts";

export function pluginsCommand(): Command {
  return new Command("plugins")
    .description("list the admission plugins in the order in which they run")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Examples:
  sallyport plugins
  sallyport plugins --json | jq -r '.[] | select(.supported) | .name'

Exit status: 0.`,
    )
    .action(({ json }: { readonly json?: boolean }) => {
      const rows = pluginEntries.map(rowOf);
      process.stdout.write(json === true ? `${JSON.stringify(rows, undefined, 2)}\n` : tableText(rows));
    });
}

interface Row {
  readonly order: number;
  readonly name: string;
  readonly default: boolean;
  readonly supported: boolean;
  readonly phases: readonly string[];
  readonly deprecated?: string;
}

function rowOf(entry: PluginEntry, index: number): Row {
  const plugin = entry.create?.();
  const phases =
    plugin === undefined
      ? []
      : [
          ...(plugin.mutate === undefined ? [] : ["mutating"]),
          ...(plugin.validate === undefined ? [] : ["validating"]),
        ];
  const shared = {
    order: index + 1,
    name: entry.name,
    default: entry.byDefault,
    supported: plugin !== undefined,
    phases,
  };
  return entry.deprecated === undefined ? shared : { ...shared, deprecated: entry.deprecated };
}

function tableText(rows: readonly Row[]): string {
  const lines = rows.map(({ order, name, default: byDefault, supported, phases, deprecated }) => {
    const state = supported ? (byDefault ? paint("green", "on ") : "off") : paint("dim", "–  ");
    const what = supported ? phases.join(", ") : "not supported yet";
    return `${String(order).padStart(3)}  ${state}  ${name.padEnd(38)}${what}${deprecated === undefined ? "" : paint("yellow", `  deprecated: ${deprecated}`)}`;
  });
  return `${lines.join("\n")}\n`;
}

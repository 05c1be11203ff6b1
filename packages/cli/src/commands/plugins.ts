import { type Deprecation, deprecationText, type PluginEntry, pluginEntries } from "@sallyport/admission";
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
  sallyport plugins --json | jq -r '.[] | select(.default) | .name'

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
  readonly phases: readonly string[];
  readonly deprecated?: Deprecation;
}

function rowOf({ name, byDefault, create, deprecated }: PluginEntry, index: number): Row {
  const { mutate, validate } = create();
  const phases = [...(mutate === undefined ? [] : ["mutating"]), ...(validate === undefined ? [] : ["validating"])];
  const shared = { order: index + 1, name, default: byDefault, phases };
  return deprecated === undefined ? shared : { ...shared, deprecated };
}

function tableText(rows: readonly Row[]): string {
  const lines = rows.map(({ order, name, default: byDefault, phases, deprecated }) => {
    const state = byDefault ? paint("green", "on ") : "off";
    const told = deprecated === undefined ? "" : paint("yellow", `  ${deprecationText(deprecated)}`);
    return `${String(order).padStart(3)}  ${state}  ${name.padEnd(38)}${phases.join(", ")}${told}`;
  });
  return `${lines.join("\n")}\n`;
}

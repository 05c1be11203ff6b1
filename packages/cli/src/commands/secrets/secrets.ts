import { Command } from "commander";
import { csiProviderCommand } from "./csi-provider.ts";
import { injectCommand } from "./inject.ts";
import { openCommand } from "./open.ts";
import { renderCommand } from "./render.ts";
import { rotateCommand } from "./rotate.ts";
import { scanCommand } from "./scan.ts";
import { sealCommand } from "./seal.ts";
import { statusCommand } from "./status.ts";
import { suggestCommand } from "./suggest.ts";
import { syncCommand } from "./sync.ts";
import { verifyCommand } from "./verify.ts";
import { whoCanCommand } from "./who-can.ts";

/** Each subcommand has a file of its own beside this one. */
const commands: readonly (() => Command)[] = [
  statusCommand,
  rotateCommand,
  verifyCommand,
  whoCanCommand,
  suggestCommand,
  scanCommand,
  sealCommand,
  openCommand,
  syncCommand,
  renderCommand,
  csiProviderCommand,
  injectCommand,
];

export function secretsCommand(): Command {
  const command = new Command("secrets").description(
    "secrets: where they lie, who can read them, how they are sealed, and how they come from elsewhere",
  );
  for (const create of commands) command.addCommand(create().exitOverride());
  return command;
}

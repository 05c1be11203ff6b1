import { Command } from "commander";
import { openCommand } from "./open.ts";
import { sealCommand } from "./seal.ts";

export function secretsCommand(): Command {
  const command = new Command("secrets").description(
    "secrets: where they lie, who can read them, and how they are sealed",
  );
  for (const each of [sealCommand(), openCommand()]) command.addCommand(each.exitOverride());
  return command;
}

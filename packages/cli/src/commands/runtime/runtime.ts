import { Command } from "commander";
import { adviseCommand } from "./advise.ts";
import { probeCommand } from "./probe.ts";
import { sweepCommand } from "./sweep.ts";

/** Each subcommand has a file of its own beside this one. */
const commands: readonly (() => Command)[] = [probeCommand, adviseCommand, sweepCommand];

export function runtimeCommand(): Command {
  const command = new Command("runtime").description(
    "container runtimes: which of them work on this machine, and which fits a pod",
  );
  for (const create of commands) command.addCommand(create().exitOverride());
  return command;
}

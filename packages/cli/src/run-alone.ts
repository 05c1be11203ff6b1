import { Command } from "commander";
import { bareProgram, runParsed } from "./bare-program.ts";
import { leaveNothingInCrashes } from "./crash.ts";
import { collectGarbageSoon } from "./garbage.ts";
import { endWithReader, report } from "./report.ts";

/**
 * Runs a command of the mesh that is a script of its own. One runs beside each pod, and a program's text is memory as what it has loaded
 * is: neither the commands that are not asked for nor what starting has left behind is kept.
 */
export function runAlone(command: Command): void {
  endWithReader();
  collectGarbageSoon();
  run(command).catch((error: unknown) => {
    process.exitCode = report(error);
  });
}

async function run(command: Command): Promise<void> {
  leaveNothingInCrashes();
  const mesh = new Command("mesh").exitOverride().addCommand(command.exitOverride());
  process.exitCode = (await runParsed(bareProgram().addCommand(mesh))) ?? process.exitCode;
}

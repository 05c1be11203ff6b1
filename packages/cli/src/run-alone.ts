import { Command } from "commander";
import { bareProgram, runParsed } from "./bare-program.ts";
import { collectGarbageSoon } from "./garbage.ts";
import { endWithReader, report } from "./report.ts";

/**
 * Runs a command of the mesh that is a script of its own. One runs beside each pod, and a program's text is memory as what it has loaded
 * is: neither the commands that are not asked for nor what starting has left behind is kept.
 */
export function runAlone(command: Command): void {
  endWithReader();
  collectGarbageSoon();
  const mesh = new Command("mesh").exitOverride().addCommand(command.exitOverride());
  runParsed(bareProgram().addCommand(mesh)).then(
    (code) => {
      process.exitCode = code ?? process.exitCode;
    },
    (error: unknown) => {
      process.exitCode = report(error);
    },
  );
}

import type { OpaCommand } from "../../opa/command.ts";

/** Without a command below it, gator says which one there is. */
export const syncCommand: OpaCommand = {
  program: "gator",
  name: "sync",
  usage: "[flags]",
  summary: "Manage SyncSets and Config",
  flags: [],
  run: ({ terminal }) => {
    terminal.out("Usage: gator sync test\n");
    return 0;
  },
};

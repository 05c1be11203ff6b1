import type { OpaCommand } from "../../../opa/command.ts";

const names = ["search", "list", "install", "uninstall", "update", "upgrade", "generate-catalog"];

export const policyCommand: OpaCommand = {
  program: "gator",
  name: "policy",
  usage: "[command]",
  summary: "Manage policies of a library as gatekeeper-library in a cluster",
  description: `Commands: ${names.join(", ")}.`,
  flags: [],
  run: ({ terminal }) => {
    terminal.out(names.map((name) => `sallyport gator policy ${name}\n`).join(""));
    return 0;
  },
};

import { platform } from "node:os";
import { gatorVersion } from "../../gator/gator-version.ts";
import { goArchitecture } from "../../go-architecture.ts";
import type { OpaCommand } from "../../opa/command.ts";
import { version } from "../../version.ts";

/** Prints what gator's does, truthfully and without its picture: the version is that of gator whose behaviour this is; the rest is our own. */
export const versionCommand: OpaCommand = {
  program: "gator",
  name: "version",
  usage: "[flags]",
  summary: "Prints the version",
  flags: [{ name: "json", kind: "bool", usage: "print JSON instead of text" }],
  run: ({ flags, terminal }) => {
    const fields = versionFields();
    terminal.out(flags.bool("json") ? `${JSON.stringify(fields, undefined, 2)}\n` : textOf(fields));
    return 0;
  },
};

function versionFields(): { readonly [name: string]: string } {
  return {
    gitVersion: gatorVersion,
    gitCommit: `sallyport ${version}`,
    gitTreeState: "unknown",
    buildDate: "unknown",
    goVersion: `none (Node ${process.versions.node})`,
    compiler: "none",
    platform: `${platform()}/${goArchitecture}`,
  };
}

/** The names in two columns, beginning with a capital. */
function textOf(fields: { readonly [name: string]: string }): string {
  const lines = Object.entries(fields).map(([name, value]) => {
    const label = `${name[0]?.toUpperCase()}${name.slice(1)}:`;
    return `${label.padEnd("GitTreeState:".length + 2)}${value}\n`;
  });
  return `gator: gator is a suite of authorship tools for Gatekeeper\n\n${lines.join("")}\n`;
}

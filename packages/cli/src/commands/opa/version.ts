import { platform } from "node:os";
import { goArchitecture } from "../../go-architecture.ts";
import type { OpaCommand } from "../../opa/command.ts";
import { opaVersion } from "../../opa/opa-version.ts";
import { version } from "../../version.ts";

/** Prints what OPA's does, truthfully: the version is that of OPA whose behaviour this is; the rest is our own. */
export const versionCommand: OpaCommand = {
  name: "version",
  usage: "[flags]",
  summary: "Print the version",
  flags: [{ name: "check", short: "c", kind: "bool", usage: "check for the latest release (never asks anybody)" }],
  run: ({ terminal }) => {
    terminal.out(`Version: ${opaVersion}
Build Commit: sallyport ${version}
Build Timestamp: 
Build Hostname: 
Go Version: none (Node ${process.versions.node})
Platform: ${platform()}/${goArchitecture}
Rego Version: v1
WebAssembly: unavailable
`);
    return 0;
  },
};

import { Command } from "commander";
import { agentCommand } from "./agent.ts";
import { caCommand } from "./ca.ts";
import { canCommand } from "./can.ts";
import { certificateCommand } from "./certificate.ts";
import { controlCommand } from "./control.ts";
import { explainCommand } from "./explain.ts";
import { injectCommand } from "./inject.ts";
import { installCommand } from "./install.ts";
import { proxyCommand } from "./proxy.ts";
import { readinessCommand } from "./readiness.ts";
import { redirectCommand } from "./redirect.ts";
import { sidecarCommand } from "./sidecar.ts";
import { waitCommand } from "./wait.ts";

/** Each subcommand has a file of its own beside this one. */
const commands: readonly (() => Command)[] = [
  agentCommand,
  caCommand,
  canCommand,
  certificateCommand,
  controlCommand,
  explainCommand,
  injectCommand,
  installCommand,
  proxyCommand,
  readinessCommand,
  redirectCommand,
  sidecarCommand,
  waitCommand,
];

export function meshCommand(): Command {
  const command = new Command("mesh").description(
    "mutual TLS between pods: identities, sidecars, and who may call whom",
  );
  for (const create of commands) command.addCommand(create().exitOverride());
  return command;
}

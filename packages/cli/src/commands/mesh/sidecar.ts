import { Command } from "commander";
import type { SidecarRunFlags } from "../../mesh/sidecar/run-sidecar.ts";

export function sidecarCommand(): Command {
  return new Command("sidecar")
    .description("run as the sidecar of a pod, as `mesh inject` writes it: connections in and out by mutual TLS")
    .option("--ca-address <host:port>", "who signs its certificate (default: CA_ADDR)")
    .option("--control-address <host:port>", "who tells it of pods and policies (default: SALLYPORT_MESH_CONTROL)")
    .option("--token-file <file>", "by which the pod proves who it is", "/var/run/secrets/tokens/istio-token")
    .option("--roots-file <file>", "whom it trusts at first", "/var/run/secrets/istio/root-cert.pem")
    .option("--ip <address>", "of the pod, for the probes of its containers (default: INSTANCE_IP)")
    .option("--certificate-life <duration>", "that is asked for; renewed at its half", "24h")
    .option("--drain-duration <duration>", "how long connections may take to their end when it is told to stop", "5s")
    .option("--no-access-log", "no line of JSON for each connection")
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh sidecar                                in a container of an injected pod, as user 1337
  sallyport mesh sidecar --ca-address istiod.istio-system.svc:15012 --control-address istiod.istio-system.svc:15010

Ports: 15006 what comes to the pod, 15001 what it sends, both turned over by rules (\`mesh redirect\`, or the node);
15021 /healthz/ready, 15090 /stats/prometheus, 15020 the pod's probes at /app-health/CONTAINER/readyz.
Nothing is taken until there is a certificate and it is known what the pod may do; what is known stays in force while others are away.
Exit status: 0 stopped, 2 bad usage, 3 a port or a file.`,
    )
    .action(run);
}

async function run(flags: SidecarRunFlags): Promise<void> {
  const { runSidecar } = await import("../../mesh/sidecar/run-sidecar.ts");
  await runSidecar(flags);
  // A connection that nobody ends must not keep us.
  process.exit();
}

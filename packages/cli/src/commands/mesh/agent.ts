import { Command } from "commander";
import type { AgentFlags } from "../../mesh/run-agent.ts";

export function agentCommand(): Command {
  return new Command("agent")
    .description(
      "keep a pod's certificate without a sidecar: at a socket of the SPIFFE Workload API, in files, or both",
    )
    .option("--ca-address <host:port>", "who signs it (default: CA_ADDR)")
    .option("--ca-name <name>", "in the authority's own certificate, where that is not its host's")
    .option("--token-file <file>", "by which the pod proves who it is", "/var/run/secrets/tokens/istio-token")
    .option("--roots-file <file>", "whom it trusts at first", "/var/run/secrets/istio/root-cert.pem")
    .option("--certificate-life <duration>", "that is asked for; renewed at its half", "24h")
    .option("--workload-api <endpoint>", "unix:///PATH of the socket")
    .option("--folder <folder>", "where cert-chain.pem, key.pem and root-cert.pem are written")
    .option("--once", "write the files and end, as an init container; else go on")
    .option("--http <host:port>", "where /livez and /readyz are: ready while there is a certificate")
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh agent --ca-address istiod.istio-system.svc:15012 --workload-api unix:///run/spiffe/workload.sock
  sallyport mesh agent --ca-address localhost:15012 --token-file token --roots-file mesh-ca/root-cert.pem --folder certs --once
  SPIFFE_ENDPOINT_SOCKET=unix:///run/spiffe/workload.sock PROGRAM      with any library of SPIFFE

The key never leaves the pod. While the authority is away it is asked again after a second, then twice as long each time, up to a minute; the
certificate that is there stays until its end. Whoever reaches the socket has the pod's identity: the folder that it is in is the pod's alone.
Exit status: 0 written, or stopped, 1 the authority gave none (--once), 2 bad usage, 3 a port, a socket or a file.`,
    )
    .action(async (flags: AgentFlags) => {
      // gRPC is for who asks.
      const { runAgent } = await import("../../mesh/run-agent.ts");
      const stop = new AbortController();
      for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
      const say = (text: string) => void process.stderr.write(`${new Date().toISOString()} ${text}\n`);
      process.exitCode = await runAgent(
        { ...flags, caAddress: flags.caAddress ?? process.env["CA_ADDR"] },
        say,
        stop.signal,
      );
    });
}

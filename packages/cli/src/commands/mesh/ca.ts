import { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { authorityManifests } from "../../mesh/authority-manifests.ts";
import type { AuthorityFlags } from "../../mesh/run-authority.ts";
import { printedObjects } from "../../secrets/printed-objects.ts";
import { version } from "../../version.ts";

export function caCommand(): Command {
  return new Command("ca")
    .description("the authority of a mesh: signs certificates of pods by their service accounts' tokens")
    .option("--kubeconfig <file>", "how to reach the API server; in a pod its service account")
    .option("--context <name>", "another context of the kubeconfig than its current one")
    .option("--folder <folder>", "where the authority lies: ca-cert.pem, ca-key.pem, cert-chain.pem, root-cert.pem")
    .option("--secret <namespace/name>", "the same in a Secret, as Istio's cacerts; default: sallyport-mesh/cacerts")
    .option("--trust-domain <name>", "the first part of each ID", "cluster.local")
    .option("--listen <host:port>", "where certificates are asked for", ":15012")
    .option(
      "--dns-names <names>",
      "by which clients call it, with commas",
      "sallyport-mesh-ca.sallyport-mesh.svc,localhost",
    )
    .option("--audience <name>", "that tokens must be for", "istio-ca")
    .option("--life <duration>", "of a certificate whose asker names none", "24h")
    .option("--longest-life <duration>", "of a certificate whose asker does", "2160h")
    .option("--root-propagation <duration>", "from when a new root is trusted until it signs", "24h")
    .option("--rotate-root", "begin a change of the root now; else when a fifth of its life is left")
    .option("--config-map <name>", "with the roots, in each namespace; none: write none", "istio-ca-root-cert")
    .option("--http <host:port>", "where /livez, /readyz and /metrics are")
    .option("--print-install", "print namespace, account, roles, Service and a Deployment for a cluster, and end")
    .option("--image <reference>", "of --print-install", `ghcr.io/sallyport/sallyport:${version}`)
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh ca --kubeconfig .sallyport/kubeconfig --folder mesh-ca     beside \`sallyport up\`
  sallyport mesh ca --secret istio-system/cacerts --dns-names istiod.istio-system.svc --http :8080
  sallyport mesh ca --folder mesh-ca --rotate-root
  sallyport mesh ca --print-install | kubectl apply -f -

It serves Istio's gRPC istio.v1.auth.IstioCertificateService/CreateCertificate over TLS. Who asks sends authorization: Bearer TOKEN, which the
API server must know (TokenReview); the ID is spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT of the token, whatever the request names. A
request that names somebody else, DNS names, addresses, or an authority is refused.
Where there is no authority yet one is made, with a root of ten years. One that lies there already, with an intermediate of another
authority, is used as it is. A change of the root is by overlap: the new one is trusted, after --root-propagation it signs, and the one before
is dropped when all that it signed has ended. Certificates are not revoked: they end.

Exit status: 0 stopped, 2 bad usage, or an authority that is none, 3 port, files or permissions.`,
    )
    .action(run);
}

interface Flags extends AuthorityFlags {
  readonly printInstall?: boolean;
  readonly image: string;
}

async function run(flags: Flags): Promise<void> {
  if (flags.printInstall === true) {
    process.stdout.write(printedObjects(await installed(flags), "yaml"));
    return;
  }
  // gRPC is for who serves.
  const { runAuthority } = await import("../../mesh/run-authority.ts");
  const stopped = new Promise<void>((done) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => done());
  });
  const running = await runAuthority(
    flags,
    (text) => void process.stderr.write(`${new Date().toISOString()} ${text}\n`),
  );
  try {
    const doors = running.httpUrl === undefined ? "" : `, health and metrics at ${running.httpUrl}`;
    process.stdout.write(`signing for ${flags.trustDomain} at port ${running.port}${doors}\n`);
    await stopped;
  } finally {
    await running.close();
  }
}

async function installed(flags: Flags): Promise<readonly object[]> {
  if (flags.folder !== undefined)
    throw new UsageError("--folder with --print-install: in a cluster the authority lies in --secret");
  const { secretOf, settingsOf } = await import("../../mesh/run-authority.ts");
  settingsOf(flags);
  const { namespace, name } = secretOf(flags.secret ?? "sallyport-mesh/cacerts");
  const args = [
    `--trust-domain=${flags.trustDomain}`,
    `--audience=${flags.audience}`,
    `--life=${flags.life}`,
    `--longest-life=${flags.longestLife}`,
    `--root-propagation=${flags.rootPropagation}`,
    `--config-map=${flags.configMap}`,
  ];
  return authorityManifests({ namespace, secret: name, image: flags.image, args });
}

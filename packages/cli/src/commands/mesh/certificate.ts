import { readFileSync } from "node:fs";
import { Command } from "commander";
import { exitCodes, reasonOf, UsageError } from "../../errors.ts";
import { InputError } from "../../manifests.ts";
import { certificateText, hasFault } from "../../mesh/certificate-text.ts";
import { readStandardInput } from "../../standard-input.ts";

interface Flags {
  readonly roots?: string;
  readonly at?: string;
  readonly json?: boolean;
}

export function certificateCommand(): Command {
  return new Command("certificate")
    .description(
      "what a workload's certificate says: whose it is, how long, and which rule of SPIFFE's X.509-SVIDs it breaks",
    )
    .argument("<file>", "in PEM, the leaf first, what signed it behind; - for standard input")
    .option("--roots <file>", "of its trust domain, in PEM: whether it leads to one of them")
    .option("--at <time>", "as at this time, such as 2026-12-01T00:00:00Z; default: now")
    .option("--json", "as JSON: certificates, and with --roots chain")
    .addHelpText(
      "after",
      `
Examples:
  sallyport mesh certificate cert-chain.pem
  sallyport mesh certificate cert-chain.pem --roots root-cert.pem
  kubectl get cm istio-ca-root-cert -o jsonpath='{.data.root-cert\\.pem}' | sallyport mesh certificate -
  openssl s_client -connect 10.0.0.7:443 -alpn istio </dev/null 2>/dev/null | sallyport mesh certificate -

Authorities in the file are judged as such. Without --roots nobody's signature is looked at.
Exit status: 0 it breaks no rule, 1 it does, or does not lead to a root, 2 bad usage or no certificate.`,
    )
    .action(async (file: string, flags: Flags) => {
      process.exitCode = await run(file, flags);
    });
}

async function run(file: string, { roots, at, json }: Flags): Promise<number> {
  const now = at === undefined ? Date.now() : Date.parse(at);
  if (Number.isNaN(now)) throw new UsageError(`--at ${at}: expected a time such as 2026-12-01T00:00:00Z`);
  const { CertificateTextError, describeCertificates } = await import("@sallyport/mesh/identity");
  const texts = [file, ...(roots === undefined ? [] : [roots])].map(textOf);
  try {
    const described = describeCertificates(texts[0] as string, now, texts[1]);
    process.stdout.write(json === true ? `${JSON.stringify(described, null, 2)}\n` : certificateText(described));
    return hasFault(described) ? exitCodes.denied : exitCodes.ok;
  } catch (error) {
    if (error instanceof CertificateTextError) throw new InputError(`${file}: ${error.message}`);
    throw error;
  }
}

function textOf(file: string): string {
  try {
    return file === "-" ? readStandardInput() : readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`${file}: ${reasonOf(error)}`);
  }
}

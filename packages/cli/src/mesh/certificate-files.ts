import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "@sallyport/files";
import type { WorkloadCertificate } from "@sallyport/mesh/identity";

/**
 * Writes it as Istio's agent does: `cert-chain.pem`, `key.pem` and `root-cert.pem`, each whole. Who reads them while they change sees a key
 * that is not the certificate's, and looks again. Rejects with the file system's faults.
 */
export async function writeCertificateFiles(folder: string, certificate: WorkloadCertificate): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [own] = certificate.id.slice("spiffe://".length).split("/") as [string];
  await writeWhole(join(folder, "root-cert.pem"), (certificate.bundles.get(own) ?? []).join(""), 0o644);
  await writeWhole(join(folder, "key.pem"), certificate.key, 0o600);
  await writeWhole(join(folder, "cert-chain.pem"), certificate.chain, 0o644);
}

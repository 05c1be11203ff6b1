import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { defaultAddressTypes, type KubeletOptions } from "@sallyport/apiserver";
import type { Command } from "commander";
import { list } from "./comma-list.ts";
import { reasonOf, UsageError } from "./errors.ts";

/** kube-apiserver's flags of how kubelets are reached, by its names. */
export interface KubeletFlags {
  readonly kubeletCertificateAuthority?: string;
  readonly kubeletClientCertificate?: string;
  readonly kubeletClientKey?: string;
  readonly kubeletPreferredAddressTypes: readonly string[];
}

/** Adds them. */
export function addKubeletOptions(command: Command): Command {
  return command
    .option("--kubelet-certificate-authority <file>", "authority that kubelets' certificates are checked against")
    .option(
      "--kubelet-client-certificate <file>",
      "certificate that kubelets are shown (default: one of the data folder)",
    )
    .option("--kubelet-client-key <file>", "its key")
    .option(
      "--kubelet-preferred-address-types <types>",
      `addresses of nodes to use, the best first (default: ${defaultAddressTypes.join(",")})`,
      list,
      [],
    );
}

/** Checks the flags and reads the files that they name, as `startApiServer` takes them. Throws `UsageError`. */
export function kubeletOptions(flags: KubeletFlags): Partial<KubeletOptions> {
  const {
    kubeletCertificateAuthority: authorityFile,
    kubeletClientCertificate: certificateFile,
    kubeletClientKey: keyFile,
    kubeletPreferredAddressTypes: addressTypes,
  } = flags;
  if ((certificateFile === undefined) !== (keyFile === undefined))
    throw new UsageError("--kubelet-client-certificate and --kubelet-client-key: one needs the other");
  const authority = authorityFile && readPem("--kubelet-certificate-authority", authorityFile, "CERTIFICATE");
  return {
    ...(authority === undefined ? {} : { authority }),
    ...(certificateFile === undefined || keyFile === undefined ? {} : { client: keyPair(certificateFile, keyFile) }),
    ...(addressTypes.length === 0 ? {} : { addressTypes }),
  };
}

function keyPair(certificateFile: string, keyFile: string): KubeletOptions["client"] {
  const certificate = readPem("--kubelet-client-certificate", certificateFile, "CERTIFICATE");
  const key = readPem("--kubelet-client-key", keyFile, "PRIVATE KEY");
  try {
    createSecureContext({ cert: certificate, key });
  } catch {
    throw new UsageError(`--kubelet-client-key ${keyFile}: not the key of ${certificateFile}`);
  }
  return { certificate, key };
}

function readPem(flag: string, file: string, kind: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${flag} ${file}: ${reasonOf(error)}`);
  }
  if (!new RegExp(`^-----BEGIN [A-Z ]*${kind}-----$`, "m").test(text))
    throw new UsageError(`${flag} ${file}: expected a ${kind.toLowerCase()} in PEM`);
  return text;
}

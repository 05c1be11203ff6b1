import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeWholeSync } from "@sallyport/files";
import { createCa, createLeaf, type KeyPair, lifeLeft } from "@sallyport/pki";

/** All that the server and its administrator need. */
export interface Certificates {
  readonly ca: KeyPair;
  readonly server: KeyPair;
  /** `kubernetes-admin` of `system:masters`. */
  readonly admin: KeyPair;
  /** What kubelets are shown, by kubeadm's name. */
  readonly kubeletClient: KeyPair;
}

const dayMs = 24 * 60 * 60 * 1000;
const caDays = 3650;
const leafDays = 365;
/** A leaf with less than this to live is made anew at the next start. */
const renewDays = 30;

/**
 * Reads the certificates of a folder; makes those that are missing or about to expire. Keys are readable by their owner alone. `others`
 * are addresses by which pods know the server.
 */
export async function loadCertificates(
  folder: string,
  host: string,
  others: readonly string[] = [],
): Promise<Certificates> {
  const now = Date.now();
  const leaf = { now, days: leafDays };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ca = readPair(folder, "ca") ?? savePair(folder, "ca", await createCa("CN=sallyport-ca", { now, days: caDays }));
  const names = [
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
  ];
  const addresses = [...new Set(["127.0.0.1", "::1", ...(/^[\d.:a-f]+$/i.test(host) ? [host] : []), ...others])];
  const known = readPair(folder, "server");
  const isComplete = known !== undefined && others.every((each) => isNamed(known.certificate, each));
  const server =
    (isComplete ? known : undefined) ??
    savePair(
      folder,
      "server",
      await createLeaf(ca, "CN=kube-apiserver", leaf, {
        names: [...names, ...(addresses.includes(host) ? [] : [host])],
        addresses,
      }),
    );
  const admin =
    readPair(folder, "admin") ??
    savePair(folder, "admin", await createLeaf(ca, "O=system:masters, CN=kubernetes-admin", leaf));
  const kubeletClient =
    readPair(folder, "apiserver-kubelet-client") ??
    savePair(
      folder,
      "apiserver-kubelet-client",
      await createLeaf(ca, "O=system:masters, CN=kube-apiserver-kubelet-client", leaf),
    );
  return { ca, server, admin, kubeletClient };
}

function isNamed(certificate: string, address: string): boolean {
  return new X509Certificate(certificate).checkIP(address) !== undefined;
}

function readPair(folder: string, name: string): KeyPair | undefined {
  const [certificateFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  if (!existsSync(certificateFile) || !existsSync(keyFile)) return undefined;
  const certificate = readFileSync(certificateFile, "utf8");
  try {
    return lifeLeft(certificate, Date.now()) < renewDays * dayMs
      ? undefined
      : { certificate, key: readFileSync(keyFile, "utf8") };
  } catch {
    return undefined;
  }
}

/** The key first: a certificate without its key would be taken for whole at the next start. */
function savePair(folder: string, name: string, pair: KeyPair): KeyPair {
  for (const [file, text] of [
    [`${name}.key`, pair.key],
    [`${name}.crt`, pair.certificate],
  ] as const) {
    writeWholeSync(join(folder, file), text, 0o600);
  }
  return pair;
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bundles } from "../validate-peer.ts";
import { KeptCertificate, type WatchedSource } from "./kept-certificate.ts";
import { CertificateFault, workloadCertificateOf } from "./workload-certificate-of.ts";

export interface FolderSourceOptions {
  /** With `cert-chain.pem`, `key.pem` and `root-cert.pem`, as Istio's agent writes and reads them. */
  readonly folder: string;
  readonly federated?: Bundles;
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly say: (text: string) => void;
}

/** How often the files are looked at: whoever renews them does it hours ahead. */
const lookMs = 10_000;

/** A certificate that somebody else keeps, in files. Files that are half written or none stay unread until they are whole. */
export function folderSource(options: FolderSourceOptions): WatchedSource {
  const stop = new AbortController();
  const kept = new KeptCertificate(() => stop.abort());
  const state: { fault?: string } = {};
  void look(options, kept, state, stop.signal);
  return {
    get current() {
      return kept.current;
    },
    onChange: (listener) => kept.onChange(listener),
    close: () => kept.close(),
    get fault() {
      const { current } = kept;
      if (current !== undefined && options.now() < current.notAfter) return undefined;
      const head = current === undefined ? "there is no certificate yet" : `the certificate of ${current.id} has ended`;
      return `${head}: ${state.fault ?? "the files are as they were"}`;
    },
    isRefused: false,
  };
}

async function look(
  { folder, federated, now, sleep, say }: FolderSourceOptions,
  kept: KeptCertificate,
  state: { fault?: string },
  signal: AbortSignal,
): Promise<void> {
  let taken = "";
  while (!signal.aborted) {
    try {
      // One after the other: of several that are missing, always the same one is told, and so told once.
      const texts = {
        chain: await textOf(join(folder, "cert-chain.pem")),
        key: await textOf(join(folder, "key.pem")),
        roots: await textOf(join(folder, "root-cert.pem")),
      };
      const found = JSON.stringify(texts);
      if (found !== taken) {
        const certificate = workloadCertificateOf(texts, now(), federated);
        taken = found;
        delete state.fault;
        say(`${certificate.id}: a certificate until ${new Date(certificate.notAfter).toISOString()}`);
        kept.set(certificate);
      }
    } catch (error) {
      const fault = error instanceof CertificateFault ? `${folder}: ${error.message}` : (error as Error).message;
      if (fault !== state.fault) say(`no certificate: ${fault}`);
      state.fault = fault;
    }
    try {
      await sleep(lookMs, signal);
    } catch {
      return;
    }
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CertificateFault(code === "ENOENT" ? `${path} is missing` : message, { cause: error });
  }
}

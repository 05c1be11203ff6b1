import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { fileFault } from "@sallyport/cluster";
import type { ServingPair, TlsSource } from "./tls-source.ts";

/** Mounted secrets change by a link's being moved, which no watch of the file tells: they are looked at so often. */
const lookEveryMs = 2000;

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Files that hold no certificate with its key. */
export class CertificateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CertificateError";
  }
}

/** The files of a secret of type kubernetes.io/tls, where it is mounted. */
export function filesOf(folder: string): CertificateFiles {
  return { certificate: join(folder, "tls.crt"), key: join(folder, "tls.key") };
}

/**
 * A certificate and its key from files. When they change, the new ones are served, as soon as they fit each other: a pair that is half
 * written is not taken. Throws `CertificateError` at the start when they cannot be read or do not fit.
 */
export function certificateFiles(files: CertificateFiles, onFault: (error: Error) => void): TlsSource {
  let pair = readPair(files);
  const listeners: ((pair: ServingPair) => void)[] = [];
  let told = "";
  const timer = setInterval(() => {
    try {
      const next = readPair(files);
      told = "";
      if (next.certificate === pair.certificate && next.key === pair.key) return;
      pair = next;
      for (const listener of listeners) listener(pair);
    } catch (error) {
      // Said once for each fault, not with every look.
      if (told !== (error as Error).message) onFault(error as Error);
      told = (error as Error).message;
    }
  }, lookEveryMs);
  timer.unref();
  return {
    current: () => pair,
    onChange: (listener) => listeners.push(listener),
    close: () => clearInterval(timer),
  };
}

function readPair({ certificate, key }: CertificateFiles): ServingPair {
  const read = (file: string) => {
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      throw new CertificateError(`${file}: ${fileFault(error)}`);
    }
  };
  const pair = { certificate: read(certificate), key: read(key) };
  try {
    createSecureContext({ cert: pair.certificate, key: pair.key });
  } catch {
    throw new CertificateError(`${certificate} and ${key} are no certificate and the key that belongs to it`);
  }
  return pair;
}

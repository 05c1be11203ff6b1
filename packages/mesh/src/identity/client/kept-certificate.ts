import type { CertificateSource, WorkloadCertificate } from "../workload-certificate.ts";

/** What a source has now, and who wants to know of the next. */
export class KeptCertificate implements CertificateSource {
  readonly #listeners = new Set<(certificate: WorkloadCertificate) => void>();
  readonly #onClose: () => void;
  #current: WorkloadCertificate | undefined;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  get current(): WorkloadCertificate | undefined {
    return this.#current;
  }

  set(certificate: WorkloadCertificate): void {
    this.#current = certificate;
    for (const listener of this.#listeners) listener(certificate);
  }

  onChange(listener: (certificate: WorkloadCertificate) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
    this.#onClose();
  }
}

/** A source that can say what is wrong with it. */
export interface WatchedSource extends CertificateSource {
  /** Why there is no certificate that is in force; undefined while there is one. */
  readonly fault: string | undefined;
  /** Whether the authority said that there is none for this workload. */
  readonly isRefused: boolean;
}

/** What a workload shows of itself and whom it trusts: an X.509-SVID (https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md). */
export interface WorkloadCertificate {
  /** `spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/NAME`. */
  readonly id: string;
  /** PEM, the leaf first, roots not among them. */
  readonly chain: string;
  /** PEM (PKCS#8). Never in a log. */
  readonly key: string;
  /** PEM of each root, by trust domain: a peer is checked against those of its own alone. */
  readonly bundles: ReadonlyMap<string, readonly string[]>;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/** Keeps a certificate: renewed before it ends, and with the roots that are trusted now. */
export interface CertificateSource {
  /** None until the first has come. */
  readonly current: WorkloadCertificate | undefined;
  /** Called with each next one; answers what ends that. */
  onChange(listener: (certificate: WorkloadCertificate) => void): () => void;
  close(): void;
}

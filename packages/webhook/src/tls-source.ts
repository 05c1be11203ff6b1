/** What a server shows to its clients, and whom of them it trusts. */
export interface ServingPair {
  /** PEM; the leaf first, then what signed it. */
  readonly certificate: string;
  readonly key: string;
}

/** Where a certificate comes from. It may change while the server runs. */
export interface TlsSource {
  readonly current: () => ServingPair;
  /** Called with each new pair. */
  readonly onChange: (listener: (pair: ServingPair) => void) => void;
  readonly close: () => void;
}

/** What a proxy lets others take of it. Times in milliseconds. */
export interface ProxyLimits {
  /** Connections at a time: each has two descriptors, and up to some 100 KB of buffers and TLS. */
  readonly maxConnections: number;
  /** Until a TLS hello is whole, and until the handshake is done: a client has nothing to think about in either. */
  readonly helloMs: number;
  readonly handshakeMs: number;
  /** How long a client may be silent before its server is let speak, where the port's protocol is not known to begin with the client. */
  readonly serverFirstMs: number;
  /** Until whom we connect to answers: two lost packets. */
  readonly connectMs: number;
  /** Until the head of a request has come, where requests are read. */
  readonly requestHeadMs: number;
}

export const defaultLimits: ProxyLimits = {
  maxConnections: 10_000,
  helloMs: 10_000,
  handshakeMs: 10_000,
  serverFirstMs: 1_000,
  connectMs: 10_000,
  requestHeadMs: 30_000,
};

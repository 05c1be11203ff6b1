/** What the first bytes of a connection are. */
export type Hello =
  /** May yet be a hello: more bytes are needed. */
  | { readonly kind: "partial" }
  /** Nothing of TLS, or what no TLS library would send. */
  | { readonly kind: "raw" }
  /** A hello beyond `maxMessageBytes` or `maxHelloBytes`. */
  | { readonly kind: "tooLarge" }
  | {
      readonly kind: "hello";
      /** As offered, the client's favourite first; empty where it offers none. RFC 7301. */
      readonly alpn: readonly string[];
      /** The host name asked for. RFC 6066, section 3. */
      readonly serverName?: string;
    };

/** Hellos with post-quantum key shares have some 1.8 KB, with a ticket that holds a chain some 5: 16 KiB is one record's most, as Envoy had it. */
export const maxMessageBytes: number = 16 * 1024;

/** With the heads of records, as a hello may come in several: enough for records of 25 bytes, and what one connection can make us keep. */
export const maxHelloBytes: number = 20 * 1024;

/** Of most clients; a longer one is given more room when it comes. */
const usualMessageBytes = 2 * 1024;

const recordHeadBytes = 5;
const messageHeadBytes = 4;
/** RFC 8446, 5.1: what one record of plaintext holds. */
const maxRecordBytes = 16 * 1024;
const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;
const alpnExtension = 16;

const [partial, raw, tooLarge]: Hello[] = [{ kind: "partial" }, { kind: "raw" }, { kind: "tooLarge" }];

/** Reads a ClientHello (RFC 8446, 4.1.2) out of records (5.1) as bytes come, each of them once. */
export class HelloReader {
  #message = Buffer.allocUnsafe(usualMessageBytes);
  #messageLength = 0;
  readonly #head = Buffer.alloc(recordHeadBytes);
  #headLength = 0;
  /** What the current record has still to bring. */
  #recordLeft = 0;
  #total = 0;
  #answer: Hello = partial as Hello;

  /** What is known with these bytes. Once it is not `partial` any more, more bytes change nothing. */
  push(chunk: Uint8Array): Hello {
    if (this.#answer.kind !== "partial") return this.#answer;
    const end = Math.min(chunk.length, maxHelloBytes - this.#total);
    const allowed = chunk.subarray(0, end);
    let at = 0;
    while (at < end && this.#answer.kind === "partial")
      at += this.#recordLeft === 0 ? this.#takeHead(allowed[at] as number) : this.#takeFragment(allowed, at);
    this.#total += at;
    if (this.#answer.kind === "partial" && end < chunk.length) this.#answer = tooLarge as Hello;
    return this.#answer;
  }

  /** One byte of a record's head. */
  #takeHead(byte: number): number {
    const place = this.#headLength++;
    this.#head[place] = byte;
    if ((place === 0 && byte !== handshakeRecord) || (place === 1 && byte !== 3)) this.#answer = raw as Hello;
    if (this.#headLength < recordHeadBytes) return 1;
    this.#headLength = 0;
    this.#recordLeft = this.#head.readUInt16BE(3);
    if (this.#recordLeft === 0 || this.#recordLeft > maxRecordBytes) this.#answer = raw as Hello;
    return 1;
  }

  #takeFragment(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#recordLeft, chunk.length - at);
    if (this.#messageLength + taken > this.#message.length) this.#grow(this.#messageLength + taken);
    this.#message.set(chunk.subarray(at, at + taken), this.#messageLength);
    this.#messageLength += taken;
    this.#recordLeft -= taken;
    if (this.#message[0] !== clientHello) this.#answer = raw as Hello;
    else if (this.#messageLength >= messageHeadBytes) this.#readMessage(this.#message.readUIntBE(1, 3));
    return taken;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(needed * 2);
    larger.set(this.#message.subarray(0, this.#messageLength));
    this.#message = larger;
  }

  #readMessage(length: number): void {
    if (length > maxMessageBytes) this.#answer = tooLarge as Hello;
    else if (this.#messageLength >= messageHeadBytes + length)
      this.#answer = helloOf(this.#message.subarray(messageHeadBytes, messageHeadBytes + length)) ?? (raw as Hello);
  }
}

/** Where something does not fit into what is around it. */
class Malformed extends Error {}

/** A part of a message that is read from front to back. */
class Part {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A number of so many bytes. */
  number(size: 1 | 2): number {
    return this.take(size).readUIntBE(0, size);
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new Malformed();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** What a length of so many bytes stands before. */
  vector(size: 1 | 2): Part {
    return new Part(this.take(this.number(size)));
  }

  get rest(): Buffer {
    return this.take(this.#bytes.length - this.#at);
  }
}

/** None where the body is none of a ClientHello. */
function helloOf(body: Buffer): Hello | undefined {
  try {
    const part = new Part(body);
    // legacy_version and random
    part.take(2 + 32);
    // legacy_session_id, cipher_suites, legacy_compression_methods
    for (const size of [1, 2, 1] as const) part.vector(size);
    // TLS 1.0 and SSL 3 have hellos without extensions.
    return part.isAtEnd ? { kind: "hello", alpn: [] } : extensionsOf(part.vector(2));
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function extensionsOf(extensions: Part): Hello {
  let alpn: readonly string[] = [];
  let serverName: string | undefined;
  while (!extensions.isAtEnd) {
    const type = extensions.number(2);
    const data = extensions.vector(2);
    if (type === alpnExtension) alpn = protocolsOf(data.vector(2));
    else if (type === serverNameExtension) serverName = nameOf(data.vector(2)) ?? serverName;
  }
  return { kind: "hello", alpn, ...(serverName !== undefined && { serverName }) };
}

function protocolsOf(list: Part): readonly string[] {
  const protocols: string[] = [];
  while (!list.isAtEnd) protocols.push(list.vector(1).rest.toString("latin1"));
  return protocols;
}

/** The one host name of a list, as no other type of name was ever defined. */
function nameOf(list: Part): string | undefined {
  while (!list.isAtEnd) {
    const type = list.number(1);
    const name = list.vector(2).rest;
    if (type === 0) return name.toString("latin1");
  }
  return undefined;
}

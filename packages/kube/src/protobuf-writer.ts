const encoder = new TextEncoder();

/** Writes from the end to the beginning, so that a message's length is known when it is to be written. */
export class Writer {
  #buffer = new Uint8Array(1024);
  #start = 1024;

  bytes(): Uint8Array {
    return this.#buffer.slice(this.#start);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#start -= bytes.length;
    this.#buffer.set(bytes, this.#start);
  }

  text(field: number, text: string): void {
    this.data(field, encoder.encode(text));
  }

  data(field: number, bytes: Uint8Array): void {
    this.raw(bytes);
    this.#number(bytes.length);
    this.#number(field * 8 + 2);
  }

  nested(field: number, write: () => void): void {
    const end = this.#buffer.length - this.#start;
    write();
    this.#number(this.#buffer.length - this.#start - end);
    this.#number(field * 8 + 2);
  }

  /** Negative ones take ten bytes, as int32 and int64 do in protobuf. */
  integer(field: number, value: number): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) this.#number(value);
    else this.#big(BigInt.asUintN(64, BigInt(Math.trunc(value))));
    this.#number(field * 8);
  }

  double(field: number, value: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    this.raw(bytes);
    this.#number(field * 8 + 1);
  }

  #number(value: number): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
    bytes.push(rest);
    this.raw(Uint8Array.from(bytes));
  }

  #big(value: bigint): void {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.raw(Uint8Array.from(bytes));
  }

  #reserve(size: number): void {
    if (size <= this.#start) return;
    const used = this.#buffer.length - this.#start;
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, used + size));
    grown.set(this.#buffer.subarray(this.#start), grown.length - used);
    this.#start = grown.length - used;
    this.#buffer = grown;
  }
}

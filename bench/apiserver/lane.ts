import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import type { Access } from "../client.ts";

/** What a server answered: status, and the size of its body, which nobody needs to read. */
export interface Answer {
  readonly code: number;
  readonly bytes: number;
}

const headEnd = Buffer.from("\r\n\r\n");

/**
 * One connection that stays open and carries one request after another, as a controller's does. Written over the socket: Node's
 * own client costs more than the server that is to be measured.
 */
export class Lane {
  readonly #socket: TLSSocket;
  readonly #host: string;
  #read: Buffer[] = [];
  #wake: (() => void) | undefined;
  #fault: Error | undefined;

  private constructor(socket: TLSSocket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.on("data", (chunk: Buffer) => {
      this.#read.push(chunk);
      this.#wake?.();
    });
    socket.on("error", (error) => this.#end(error));
    socket.on("close", () => this.#end(new Error("the server closed the connection")));
  }

  static async open({ url, ca, cert, key }: Access): Promise<Lane> {
    const { hostname, port, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), ca, cert, key, ALPNProtocols: ["http/1.1"] });
    await once(socket, "secureConnect");
    socket.setNoDelay(true);
    return new Lane(socket, host);
  }

  async send(method: string, path: string, body?: string, accept = "application/json"): Promise<Answer> {
    this.#write(method, path, body, accept);
    const { code, length } = await this.#head();
    if (length !== undefined) return { code, bytes: (await this.#take(length)).length };
    let bytes = 0;
    for await (const chunk of this.#chunks()) bytes += chunk.length;
    return { code, bytes };
  }

  /** Begins a watch and calls `onLine` with each event, until the lane is closed. Where HTTP's chunks end, says nothing: Go cuts by its buffers. */
  async watch(path: string, onLine: (line: string) => void): Promise<void> {
    this.#write("GET", path, undefined, "application/json");
    const { code } = await this.#head();
    if (code !== 200) throw new Error(`the watch was answered ${code}`);
    const follow = async () => {
      let rest = "";
      for await (const chunk of this.#chunks()) {
        const lines = (rest + chunk.toString("latin1")).split("\n");
        rest = lines.pop() as string;
        for (const line of lines) onLine(line);
      }
    };
    follow().catch(() => undefined);
  }

  close(): void {
    this.#socket.destroy();
  }

  #write(method: string, path: string, body: string | undefined, accept: string): void {
    const type = body === undefined ? "" : `content-type: application/json\r\n`;
    const head = `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}\r\naccept: ${accept}\r\n${type}content-length: ${Buffer.byteLength(body ?? "")}\r\n\r\n`;
    this.#socket.write(head + (body ?? ""));
  }

  async #head(): Promise<{ readonly code: number; readonly length: number | undefined }> {
    const head = (await this.#until(headEnd)).toString("latin1").toLowerCase();
    const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
    return { code: Number(head.slice(9, 12)), length: length === undefined ? undefined : Number(length) };
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    for (;;) {
      const size = Number.parseInt((await this.#until(headEnd.subarray(2))).toString("latin1"), 16);
      const chunk = await this.#take(size + 2);
      if (size === 0) return;
      yield chunk.subarray(0, size);
    }
  }

  async #until(mark: Buffer): Promise<Buffer> {
    for (;;) {
      const all = this.#read.length === 1 ? (this.#read[0] as Buffer) : Buffer.concat(this.#read);
      const at = all.indexOf(mark);
      this.#read = all.length === 0 ? [] : [all];
      if (at >= 0) return this.#take(at + mark.length);
      await this.#more();
    }
  }

  async #take(size: number): Promise<Buffer> {
    let have = this.#read.reduce((sum, chunk) => sum + chunk.length, 0);
    while (have < size) {
      const before = this.#read.length;
      await this.#more();
      for (const chunk of this.#read.slice(before)) have += chunk.length;
    }
    const all = this.#read.length === 1 ? (this.#read[0] as Buffer) : Buffer.concat(this.#read);
    this.#read = all.length === size ? [] : [all.subarray(size)];
    return all.subarray(0, size);
  }

  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#fault !== undefined) reject(this.#fault);
      this.#wake = () => {
        if (this.#fault === undefined) resolve();
        else reject(this.#fault);
      };
    });
  }

  #end(fault: Error): void {
    this.#fault ??= fault;
    this.#wake?.();
  }
}

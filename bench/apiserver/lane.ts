import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import type { Access } from "../client.ts";
import { AnswerReader } from "./answer-reader.ts";

/** What a server answered: status, and the size of its body, which nobody needs to read. */
export interface Answer {
  readonly code: number;
  readonly bytes: number;
}

/** All lanes read into the same bytes: what comes is looked at before the next read. */
const readBytes = Buffer.allocUnsafeSlow(256 * 1024);

/**
 * One connection that stays open and carries one request after another, as a controller's does. Written over the socket, without a copy
 * or a turn for each read: a client that shares the machine takes from the server that is to be measured whatever it spends.
 */
export class Lane {
  readonly #socket: TLSSocket;
  readonly #host: string;
  readonly #reader: AnswerReader;
  #waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (fault: Error) => void } | undefined;
  #fault: Error | undefined;

  private constructor({ url, ca, cert, key }: Access) {
    const { hostname, port, host } = new URL(url);
    this.#host = host;
    this.#reader = new AnswerReader((answer) => this.#settle()?.resolve(answer));
    const callback = (length: number, buffer: Uint8Array) => {
      this.#reader.read(buffer as Buffer, length);
      return true;
    };
    const onread = { buffer: readBytes, callback };
    const options = { host: hostname, port: Number(port), ca, cert, key, ALPNProtocols: ["http/1.1"], onread };
    this.#socket = connect(options);
    this.#socket.setNoDelay(true);
    this.#socket.on("error", (error) => this.#end(error));
    this.#socket.on("close", () => this.#end(new Error("the server closed the connection")));
  }

  static async open(access: Access): Promise<Lane> {
    const lane = new Lane(access);
    await once(lane.#socket, "secureConnect");
    return lane;
  }

  /** The bytes of a request, to be made before it is timed. */
  request(method: string, path: string, body?: string): Buffer {
    const type = body === undefined ? "" : "content-type: application/json\r\n";
    const length = `content-length: ${Buffer.byteLength(body ?? "")}\r\n`;
    return Buffer.from(
      `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}\r\naccept: application/json\r\n${type}${length}\r\n${body ?? ""}`,
    );
  }

  /** The answer to one request. Rejects when the connection ends. */
  send(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      if (this.#fault === undefined) this.#socket.write(request);
      else this.#end(this.#fault);
    });
  }

  /** Begins a watch and calls `onBody` with what comes, until the lane is closed. */
  async watch(path: string, onBody: (bytes: Buffer) => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#waiting = { resolve: () => reject(new Error("the watch has ended")), reject };
      this.#reader.follow((code) => {
        if (code === 200) resolve();
        else reject(new Error(`the watch was answered ${code}`));
      }, onBody);
      this.#socket.write(this.request("GET", path));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #settle() {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #end(fault: Error): void {
    this.#fault ??= fault;
    this.#settle()?.reject(fault);
  }
}

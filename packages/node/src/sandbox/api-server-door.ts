import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * The API server on the node's address among the pods, where it listens on a loopback address alone: bytes go through as they are, so that
 * TLS is between pod and server.
 */
export class ApiServerDoor {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#server = createServer((inside) => {
      const outside = connect(target);
      for (const [from, to] of [
        [inside, outside],
        [outside, inside],
      ] as const) {
        this.#sockets.add(from);
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.#sockets.delete(from);
          to.end();
        });
        from.pipe(to);
      }
    });
  }

  /** Answers the port that it got. */
  async start(address: string): Promise<number> {
    this.#server.listen(0, address);
    await once(this.#server, "listening");
    return (this.#server.address() as { readonly port: number }).port;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

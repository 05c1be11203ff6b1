import type { Server } from "node:https";
import { type AddressInfo, isIPv6 } from "node:net";

/** A port that is taken, or a host that is not ours: one line. */
export class ListenError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ListenError";
  }
}

/** Open watches are given this long to end when the server stops. */
const drainMs = 2000;

/** Resolves when the server answers. Rejects with `ListenError`. */
export function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE")
        reject(
          new ListenError(
            `port ${port} on ${host} is in use; stop what listens there, or choose another with --port (0 takes any free one)`,
          ),
        );
      else if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
        reject(new ListenError(`${host} is no address of this machine; choose another with --host`));
      else if (error.code === "EACCES")
        reject(new ListenError(`not allowed to listen on port ${port}; choose one above 1023 with --port`));
      else reject(error);
    });
    server.listen(port, host, resolve);
  });
}

/** Where it listens, with the port that it got. */
export function urlOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/** Ends all connections; resolves when the last is gone. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
    server.closeAllConnections();
  });
}

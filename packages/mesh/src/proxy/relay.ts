import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { connectionBeneath } from "./connection-beneath.ts";
import type { ReusedBuffers } from "./reused-buffers.ts";

/** What passed between two ends, in bytes of the application. */
export interface Passed {
  /** From the first to the second. */
  readonly forth: number;
  readonly back: number;
  /** What ended it before both had said all: as the socket tells it. */
  readonly fault?: string;
}

/**
 * Lets bytes pass between two sockets in both directions until both have ended: an end that says no more may still be told more, a slow
 * reader holds its writer up, and a reset of one resets the other. Both sockets allow half-open, and nobody else reads or writes them.
 */
export function relay(first: Socket, second: Socket, buffers: ReusedBuffers): Promise<Passed> {
  return new Promise((resolve) => {
    let fault: string | undefined;
    let open = 2;
    const closed = (other: Socket) => () => {
      other.destroy();
      if (--open === 0)
        resolve({ forth: first.bytesRead, back: second.bytesRead, ...(fault !== undefined && { fault }) });
    };
    const failed = (other: Socket) => (error: NodeJS.ErrnoException) => {
      fault ??= error.code ?? error.message;
      reset(other);
    };
    for (const [socket, other] of [
      [first, second],
      [second, first],
    ] as const) {
      socket.on("error", failed(other));
      socket.once("close", closed(other));
      pump(socket, other, buffers);
    }
  });
}

/**
 * Ends a connection so that the other end knows that something is missing. Of TLS it is the connection beneath: an end without TLS's
 * farewell looks like one with it. One that is being shut down, all that waited being sent, is closed: libuv does not reset it, and what
 * Node could not reset it never closes.
 */
export function reset(socket: Socket): void {
  const beneath = "encrypted" in socket ? connectionBeneath(socket as TLSSocket) : socket;
  const isShutting = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (beneath === undefined || isShutting) socket.destroy();
  else resetNow(beneath);
}

/**
 * `resetAndDestroy` would first send what waits, to who may never read it, and say that we have ended. Its field alone does neither; a
 * Node that has another one closes the connection without a reset.
 */
function resetNow(socket: Socket): void {
  // Nobody waits for the end of what was being shut down where we could not see it.
  socket.once("error", ({ syscall }: NodeJS.ErrnoException) => {
    if (syscall === "reset") socket.emit("close", true);
  });
  Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}

function pump(from: Socket, to: Socket, buffers: ReusedBuffers): void {
  // What was read before now, or is by a Node without such buffers.
  from.on("data", (chunk) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.once("end", () => to.end());
  buffers.take(from, (length, buffer) => {
    const isIdle = to.writableLength === 0;
    const more = to.write(buffer.subarray(0, length));
    // TLS has sealed what it was given, where nothing waits before it.
    if (!(isIdle && "encrypted" in to) && to.writableLength > 0) buffers.keep();
    if (!more) from.pause();
  });
  from.resume();
}

import type { Duplex, Readable, Writable } from "node:stream";

/** What runs the containers of pods, as far as clients' streams need it: what stands behind the doors of a kubelet. */
export interface PodRuntime {
  /** Whether the pod runs here. */
  readonly runs: (pod: PodPlace) => boolean;
  /** Runs a command in a running container; resolves with its exit code. Rejects with a StatusError when it cannot begin. */
  readonly exec: (container: ContainerPlace, command: readonly string[], io: ContainerIo) => Promise<number>;
  /** Joins the container's own process; resolves with its exit code, or undefined when the client left first. */
  readonly attach: (container: ContainerPlace, io: ContainerIo) => Promise<number | undefined>;
  /** What the container wrote, oldest first, then "caught up", then with `follow` what it goes on to write. Rejects with a StatusError. */
  readonly log: (
    container: ContainerPlace,
    options: { readonly previous: boolean; readonly follow: boolean; readonly signal: AbortSignal },
  ) => AsyncIterable<LogEntry | "caught up">;
  /** What is told of the node and its pods as a whole, by a path: `/stats/summary`. Undefined for others. */
  readonly page?: (path: string) => Promise<KubeletPage | undefined>;
  /** A connection to a port in the pod's network. Rejects with an error that says why there is none. */
  readonly connect: (pod: PodPlace, port: number) => Promise<Duplex>;
}

export interface KubeletPage {
  /** Its media type. */
  readonly type: string;
  readonly text: string;
}

export interface PodPlace {
  readonly namespace: string;
  readonly name: string;
  /** Only this very pod, when it is given. */
  readonly uid?: string;
}

export interface ContainerPlace {
  readonly pod: PodPlace;
  /** Its name: a container, an init container or an ephemeral one. */
  readonly container: string;
}

/** A client's streams into a container; those that it did not ask for are absent. */
export interface ContainerIo {
  readonly stdin?: Readable;
  readonly stdout?: Writable;
  readonly stderr?: Writable;
  /** With a terminal, all that is written comes by stdout. */
  readonly tty: boolean;
  /** Called with each size of the client's terminal, with the last known one at once. */
  readonly onResize: (listener: (size: TerminalSize) => void) => void;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}

/** remotecommand.TerminalSize. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

export interface LogEntry {
  /** Milliseconds since the epoch, with fractions. */
  readonly time: number;
  readonly stream: "stdout" | "stderr";
  /** One line with its line break, or the rest of one that has none yet. */
  readonly text: Uint8Array;
}

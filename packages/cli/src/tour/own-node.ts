import type { Command } from "./chapter.ts";

/** A lesson's own server with a node, and what is asked of it. */
export interface OwnNode {
  readonly start: Command;
  /** kubectl against it. */
  readonly own: (...words: string[]) => readonly string[];
}

/** Chapters with pods that run have a server of their own: the reader's may have no node. */
export function ownNode(port: string, ...flags: readonly string[]): OwnNode {
  const data = "SCRATCH/data";
  return {
    start: {
      sallyport: ["up", "--port", port, "--data", data, "--node", "gate", ...flags],
      stays: true,
      expect: [/node gate: pods run here, by .+/],
    },
    own: (...words) => ["--kubeconfig", `${data}/kubeconfig`, ...words],
  };
}

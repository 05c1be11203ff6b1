import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rssMb, startPeer } from "../peer.ts";
import { type Figures, measureServer } from "./measure.ts";
import { startOurs } from "./ours.ts";

export interface ApiServerReport extends Figures {
  /** The same of etcd and kube-apiserver in this run, or why they were not measured. */
  readonly peer: Figures | string;
}

/** Sallyport's API server over its embedded store, then a real kube-apiserver over etcd where the machine has both. */
export async function run(progress: (text: string) => void): Promise<ApiServerReport> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  try {
    progress("sallyport up");
    const { child, access, readyMs } = await startOurs(join(folder, "ours"));
    const ours = await measureServer(access, readyMs, () => rssMb(child), progress).finally(() =>
      child.kill("SIGTERM"),
    );
    progress("etcd and kube-apiserver");
    const peer = await startPeer(folder, join(folder, "ours", "pki"));
    if (typeof peer === "string") return { ...ours, peer: `not measured: ${peer}` };
    try {
      return { ...ours, peer: await measureServer(peer.access, peer.readyMs, peer.rssMb, progress) };
    } finally {
      peer.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

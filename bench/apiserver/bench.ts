import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuMs, rssMb, startPeer } from "../peer.ts";
import { type Figures, ratiosOf } from "./figures.ts";
import { measureServer } from "./measure.ts";
import { startOurs } from "./ours.ts";

export interface ApiServerReport extends Figures {
  /** The first start of all, which compiles what later ones find compiled; on a new folder. */
  readonly firstReadyMs: number;
  /** The same of etcd and kube-apiserver in this run, or why they were not measured. */
  readonly peer: Figures | string;
  /** How many times better ours is than the peer, where that was measured. */
  readonly ratios?: ReturnType<typeof ratiosOf>;
}

/** Sallyport's API server over its embedded store, then a real kube-apiserver over etcd where the machine has both. */
export async function run(progress: (text: string) => void): Promise<ApiServerReport> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  try {
    progress("sallyport up");
    const first = await startOurs(join(folder, "first"));
    first.child.kill("SIGTERM");
    await once(first.child, "exit");
    const firstReadyMs = first.readyMs;
    const { child, access, readyMs } = await startOurs(join(folder, "ours"));
    const server = { access, readyMs, rssMb: () => rssMb(child), cpuMs: () => cpuMs(child) };
    const ours = await measureServer(server, progress).finally(() => child.kill("SIGTERM"));
    progress("etcd and kube-apiserver");
    const peer = await startPeer(folder, join(folder, "ours", "pki"));
    if (typeof peer === "string") return { ...ours, firstReadyMs, peer: `not measured: ${peer}` };
    const theirs = await measureServer(peer, progress).finally(() => peer.stop());
    return { ...ours, firstReadyMs, peer: theirs, ratios: ratiosOf(ours, theirs) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

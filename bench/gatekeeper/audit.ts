import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtArguments } from "../../scripts/node-arguments.ts";
import { startCluster } from "../admission/cluster.ts";
import { cpuMs } from "../peer.ts";
import { type LibraryPolicy, repeated } from "./policies.ts";

/** One pass of `sallyport audit` over a cluster. */
export interface AuditFigures {
  readonly objects: number;
  readonly constraints: number;
  readonly violations: number;
  /** Of the objects, as JSON. */
  readonly jsonMb: number;
  readonly seconds: number;
  /** Of the auditing process's own processor time. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** The command in a process of its own; what it reads comes from this one. */
export async function measureAudit(policies: readonly LibraryPolicy[], objects: number): Promise<AuditFigures> {
  const constraints = repeated(policies, policies.length);
  const cluster = await startCluster(objects, [...policies.map(({ template }) => template), ...constraints]);
  const folder = mkdtempSync(join(tmpdir(), "sallyport-audit-"));
  try {
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, JSON.stringify(cluster.kubeconfig));
    const words = [...builtArguments, "audit", "--kubeconfig", kubeconfig, "--json"];
    const started = performance.now();
    const child = spawn(process.execPath, words, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let [violations, peakMb, cpu] = [0, 0, 0];
    const look = setInterval(() => {
      peakMb = Math.max(peakMb, peakOf(child.pid as number));
      cpu = Math.max(cpu, cpuMs(child));
    }, 200);
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) violations += linesIn(chunk);
    const code = child.exitCode ?? (await new Promise<number | null>((done) => child.once("exit", done)));
    clearInterval(look);
    if (code !== 0 && code !== 1) throw new Error(`sallyport audit ended with ${code}`);
    return {
      objects,
      constraints: constraints.length,
      violations,
      jsonMb: cluster.jsonBytes() / 1e6,
      seconds: (performance.now() - started) / 1000,
      cpuSeconds: cpu / 1000,
      peakMb,
    };
  } finally {
    cluster.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function linesIn(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
  return lines;
}

/** The most that the process was resident with so far, MB; 0 when it is gone. */
function peakOf(pid: number): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}

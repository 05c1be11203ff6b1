import { readFile } from "node:fs/promises";
import { freemem, totalmem } from "node:os";
import { type DiskSpace, diskSpace } from "./disk-usage.ts";

/** What this machine has, and what of it is used. */
export interface NodeResources {
  readonly cpuNanoseconds: bigint;
  readonly memoryBytes: bigint;
  readonly memoryAvailableBytes: bigint;
  readonly disk: DiskSpace;
  readonly processes: number;
  readonly maxProcesses: number;
}

/** Measures it now, where `folder` lies on the disk that pods write to. */
export async function nodeResources(folder: string): Promise<NodeResources> {
  const [memory, stat, load, most] = await Promise.all(
    ["/proc/meminfo", "/proc/stat", "/proc/loadavg", "/proc/sys/kernel/pid_max"].map((file) =>
      readFile(file, "utf8").catch(() => ""),
    ),
  );
  const [, processes = "0"] = /\/(\d+) /.exec(load ?? "") ?? [];
  return {
    cpuNanoseconds: cpuNanoseconds(stat ?? ""),
    memoryBytes: kibibytes(memory ?? "", "MemTotal") ?? BigInt(totalmem()),
    memoryAvailableBytes: kibibytes(memory ?? "", "MemAvailable") ?? BigInt(freemem()),
    disk: await diskSpace(folder),
    processes: Number(processes),
    maxProcesses: Number(most?.trim() || defaultPidMax),
  };
}

/** Of Linux on machines that tell nothing else. */
const defaultPidMax = 32_768;

function kibibytes(text: string, name: string): bigint | undefined {
  const [, found] = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text) ?? [];
  return found === undefined ? undefined : BigInt(found) * 1024n;
}

/** USER_HZ, which /proc counts in: 100 on every architecture that Node runs on. */
const tickNanoseconds = 10_000_000n;

/** proc_stat(5): user, nice, system, then idle and waiting, then what interrupts and a hypervisor took. */
function cpuNanoseconds(text: string): bigint {
  const [, line = ""] = /^cpu +(.+)$/m.exec(text) ?? [];
  const ticks = line.split(" ").map((each) => BigInt(each || 0));
  return [0, 1, 2, 5, 6, 7].reduce((sum, i) => sum + (ticks[i] ?? 0n), 0n) * tickNanoseconds;
}

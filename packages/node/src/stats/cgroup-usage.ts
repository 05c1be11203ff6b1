import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Machine } from "../bundle/machine.ts";
import { cgroupRoot } from "../runtime/cgroup.ts";

/** What the processes of a cgroup have used, and use. What the kernel does not count is absent. */
export interface CgroupUsage {
  readonly cpuNanoseconds?: bigint;
  readonly memoryBytes?: bigint;
  /** Without what of it is files that can be forgotten. */
  readonly workingSetBytes?: bigint;
  readonly rssBytes?: bigint;
}

/** Of a cgroup with all below it. One that is gone has used nothing that is known. */
export async function cgroupUsage(path: string, layout: Machine["cgroups"], root = cgroupRoot): Promise<CgroupUsage> {
  const read = (...parts: string[]) => readFile(join(root, ...parts), "utf8").catch(() => "");
  if (layout === "v2") {
    const [cpu, memory, stat] = await Promise.all(
      ["cpu.stat", "memory.current", "memory.stat"].map((file) => read(path, file)),
    );
    const micros = field(cpu ?? "", "usage_usec");
    const used = micros === undefined ? undefined : micros * 1000n;
    return usage(used, memory ?? "", field(stat ?? "", "inactive_file"), field(stat ?? "", "anon"));
  }
  const [cpu, memory, stat] = await Promise.all([
    read("cpuacct", path, "cpuacct.usage"),
    read("memory", path, "memory.usage_in_bytes"),
    read("memory", path, "memory.stat"),
  ]);
  return usage(amount(cpu), memory, field(stat, "total_inactive_file"), field(stat, "total_rss"));
}

function usage(
  cpuNanoseconds: bigint | undefined,
  memory: string,
  inactive = 0n,
  rssBytes: bigint | undefined,
): CgroupUsage {
  const memoryBytes = amount(memory);
  return {
    ...(cpuNanoseconds === undefined ? {} : { cpuNanoseconds }),
    ...(memoryBytes === undefined
      ? {}
      : { memoryBytes, workingSetBytes: memoryBytes > inactive ? memoryBytes - inactive : 0n }),
    ...(rssBytes === undefined ? {} : { rssBytes }),
  };
}

function amount(text: string): bigint | undefined {
  const found = text.trim();
  return /^\d+$/.test(found) ? BigInt(found) : undefined;
}

/** Of a file with a name and a number on each line. */
function field(text: string, name: string): bigint | undefined {
  const [, found] = new RegExp(`^${name} (\\d+)$`, "m").exec(text) ?? [];
  return found === undefined ? undefined : BigInt(found);
}

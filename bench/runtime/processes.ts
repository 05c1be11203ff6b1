import { readdirSync, readFileSync } from "node:fs";

/** Numbers of a process and all below it, and of those whose command line names one of some words, and all below them. */
export function familyOf(root: number, words: readonly string[]): ReadonlySet<number> {
  const parents = new Map<number, number>();
  const found = new Set([root]);
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? textOf(pid, "stat") : "";
    if (stat === "") continue;
    // After the program's name, which may hold anything: state and parent.
    parents.set(pid, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    if (words.some((word) => textOf(pid, "cmdline").includes(word))) found.add(pid);
  }
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return found;
}

/** What they have in memory, MB; of what several share each counts its part. */
export function memoryMb(pids: ReadonlySet<number>): number {
  const kibibytes = [...pids].map((pid) => Number(/^Pss:\s+(\d+) kB/m.exec(textOf(pid, "smaps_rollup"))?.[1] ?? 0));
  return kibibytes.reduce((sum, each) => sum + each, 0) / 1024;
}

/** Empty where it has ended. */
function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

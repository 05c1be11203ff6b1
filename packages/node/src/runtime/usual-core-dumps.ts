import { readFileSync, writeFileSync } from "node:fs";

/** core(5): what a core dump holds of a process; its children have the same. */
const filterFile = "/proc/self/coredump_filter";
/** What the kernel gives to the first process: anonymous memory, headers of ELF files, and huge pages. */
const usual = "0x33";

/**
 * Starts a child whose core dumps hold what is usual, also where our own hold nothing: containers crash as on any node. `start` must have made
 * the process when it returns.
 */
export function withUsualCoreDumps<Started>(start: () => Started): Started {
  const own = read();
  if (own === undefined || Number.parseInt(own, 16) !== 0) return start();
  write(usual);
  try {
    return start();
  } finally {
    write("0");
  }
}

function read(): string | undefined {
  try {
    return readFileSync(filterFile, "utf8");
  } catch {
    return undefined;
  }
}

function write(filter: string): void {
  try {
    writeFileSync(filterFile, filter);
  } catch {
    // It could be read and not be written: the child has what we have.
  }
}

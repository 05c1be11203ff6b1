import { writeFileSync } from "node:fs";
import { exitCodes, UsageError } from "./errors.ts";

/** Flags of Node that write all that is in memory into a file; it is found in the working folder by whoever comes. */
const dumpingFlag = /(?:^|\s)(--heapsnapshot-(?:signal|near-heap-limit))(?=[=\s]|$)/;

interface Door {
  readonly flags: readonly string[];
  readonly environment: { readonly [name: string]: string | undefined };
}

/**
 * Has a crash leave nothing of what is in memory, keys and values of secrets among it: the kernel writes no memory into a core dump (core(5),
 * coredump_filter; whoever debugs sets it back in /proc/PID), Node's diagnostic reports leave the environment out, and what nobody caught is
 * told without what the error carries. Throws a `UsageError` where Node was told to write its heap.
 */
export function leaveNothingInCrashes(): void {
  refuseHeapSnapshots({ flags: process.execArgv, environment: process.env });
  process.report.excludeEnv = true;
  process.on("uncaughtException", (error: unknown) => {
    process.stderr.write(`sallyport: ${crashText(error)}\n`);
    process.exit(exitCodes.failed);
  });
  if (process.platform !== "linux") return;
  try {
    writeFileSync("/proc/self/coredump_filter", "0");
  } catch {
    // a kernel without core dumps, or a /proc that cannot be written: nothing to forbid, or nothing to forbid it with
  }
}

/** Throws a `UsageError` that names the flag. */
export function refuseHeapSnapshots({ flags, environment }: Door): void {
  const flag = dumpingFlag.exec([...flags, environment["NODE_OPTIONS"] ?? ""].join(" "))?.[1];
  if (flag === undefined) return;
  throw new UsageError(`${flag} writes what is in memory into a file, secrets with it; take it out of NODE_OPTIONS`);
}

/** Of a fault that nobody foresaw: its message and where it was, without its properties, and without the text that V8 quotes of what is no JSON. */
export function crashText(error: unknown): string {
  if (!(error instanceof Error)) return `something that is no error was thrown: ${typeof error}`;
  return withoutQuotedJson(error.stack ?? `${error.name}: ${error.message}`);
}

/** A message of JSON.parse without what it quotes. */
export function withoutQuotedJson(text: string): string {
  return text.replace(
    /Unexpected token .+, (?:\.\.\.)?"[\s\S]*"(?:\.\.\.)? is not valid JSON/u,
    "the text is not valid JSON",
  );
}

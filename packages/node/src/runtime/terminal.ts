import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { ProcessIo } from "./container-runtime.ts";
import { withUsualCoreDumps } from "./usual-core-dumps.ts";

/** In characters. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

export interface TerminalProcess {
  readonly child: ChildProcess;
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: undefined;
  readonly resize: (size: TerminalSize) => void;
}

/**
 * Runs a program on a terminal of its own. Node can make none: `script` of util-linux does, and copies what goes in and out. A size is
 * set on the terminal itself, of which the kernel then tells the program.
 */
export function openTerminal(line: readonly string[], { stdin }: ProcessIo): TerminalProcess {
  // SHELL is who runs the line for `script`.
  const command = [
    "SHELL=/bin/sh",
    "script",
    "--quiet",
    "--return",
    "--flush",
    "--command",
    `exec ${quoted(line)}`,
    "/dev/null",
  ];
  const stdio = [stdin ? "pipe" : "ignore", "pipe", "ignore"] as const;
  const child = withUsualCoreDumps(() => spawn("env", command, { stdio: [...stdio], detached: true }));
  return {
    child,
    stdin: child.stdin ?? undefined,
    stdout: child.stdout as Readable,
    stderr: undefined,
    resize: (size) => setSize(terminalOf(child.pid), size),
  };
}

/** Of the terminal that a file is; one that is none, or is gone, has no size. */
export function setSize(file: string | undefined, { width, height }: TerminalSize): void {
  if (file !== undefined) execFile("stty", ["-F", file, "cols", `${width}`, "rows", `${height}`], () => {});
}

function quoted(line: readonly string[]): string {
  return line.map((each) => `'${each.replaceAll("'", `'\\''`)}'`).join(" ");
}

/** The terminal that the child of `script` has for its standard input. */
function terminalOf(pid: number | undefined): string | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return children.map((each) => readlinkSync(`/proc/${each}/fd/0`)).find((each) => each.startsWith("/dev/pts/"));
  } catch {
    return undefined;
  }
}

import { execFile } from "node:child_process";

/** A program of the machine did not do what it was asked for. One line. */
export class ToolFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ToolFault";
  }
}

/** Whether the machine itself refused something: a full disk, too many open files. */
export function isSystemFault(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "errno" in error;
}

export interface ToolOptions {
  readonly input?: string;
  /** After so long it is killed. */
  readonly seconds?: number;
}

/** None of what we ask of `ip`, `mount` or `nft` takes a second on a machine that is well. */
const defaultSeconds = 20;
/** More than any of them prints. */
const maxBytes = 4 * 1024 * 1024;

/** Runs a program of the machine, and answers what it prints. Rejects with a ToolFault. */
export function tool(program: string, args: readonly string[], options: ToolOptions = {}): Promise<string> {
  const { input, seconds = defaultSeconds } = options;
  return new Promise((resolve, reject) => {
    const settings = { timeout: seconds * 1000, killSignal: "SIGKILL", maxBuffer: maxBytes, encoding: "utf8" } as const;
    const child = execFile(program, [...args], settings, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new ToolFault(faultText(program, error, stderr, seconds)));
    });
    // A program that ends before it has read all is told of by its status.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

function faultText(
  program: string,
  error: Error & { readonly code?: string | number | null; readonly killed?: boolean },
  stderr: string,
  seconds: number,
): string {
  if (error.code === "ENOENT") return `${program}: not installed on this machine`;
  if (error.killed === true) return `${program}: no end after ${seconds} s`;
  const said = stderr.trim().split("\n")[0] ?? "";
  return said.startsWith(program) ? said : `${program}: ${said === "" ? `status ${error.code}` : said}`;
}

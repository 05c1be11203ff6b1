/** Exit codes that every command keeps to. */
export const exitCodes = {
  /** Allowed, or done. */
  ok: 0,
  /** Denied, or an answer that was not the expected one. */
  denied: 1,
  /** Bad input, or a command line that makes no sense. */
  badInput: 2,
  /** The machine did not let us: port, disk, permissions. */
  failed: 3,
} as const;

/** A command line that makes no sense: one line, status 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** What a person calls the usual faults of a file system. */
export function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "no such file or directory";
    case "EACCES":
      return "permission denied";
    case "EPERM":
      return "operation not permitted";
    case "EISDIR":
      return "is a directory";
    case "ENOTDIR":
      return "not a directory";
    case "EEXIST":
      return "file exists";
    case "EROFS":
      return "the disk is read-only";
    case "ENOSPC":
      return "the disk is full";
    default:
      return (error as Error).message.split("\n")[0] as string;
  }
}

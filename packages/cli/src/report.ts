import { crashText, withoutQuotedJson } from "./crash.ts";
import { exitCodes, reasonOf } from "./errors.ts";

/** Names of errors that say all that there is to say. */
const ofTheMachine: ReadonlySet<string> = new Set(["CertificateError", "ConnectionError", "ListenError", "StoreError"]);

/** One clear line, and the exit code that says whose fault it was. */
export function report(error: unknown): number {
  const { code, path, syscall, name, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && path !== undefined) {
    process.stderr.write(`sallyport: ${path}: ${reasonOf(error)}\n`);
    return exitCodes.failed;
  }
  process.stderr.write(`sallyport: ${withoutQuotedJson(message)}\n`);
  if (name === "UsageError" || name === "InputError") return exitCodes.badInput;
  if (syscall === "listen") return exitCodes.failed;
  if (ofTheMachine.has(name)) return exitCodes.failed;
  process.stderr.write(`${crashText(error)}\n`);
  return exitCodes.failed;
}

// `sallyport … | head` closes the pipe early: that is no fault of anybody's.
export function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? exitCodes.ok : exitCodes.failed),
  );
}

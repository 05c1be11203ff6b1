import { isatty } from "node:tty";
import type { Terminal } from "./opa/command.ts";
import { readStandardInput, standardInputLines } from "./standard-input.ts";

/** The streams and the environment of this process. */
export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: readStandardInput,
  lines: standardInputLines,
  // Not by `process.stdin`: once it was looked at, a pipe that has nothing yet cannot be waited for.
  isInteractive: isatty(0) && isatty(1),
  env: process.env,
};

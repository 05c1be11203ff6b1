import { readFileSync } from "node:fs";
import type { Terminal } from "./opa/command.ts";

/** The streams and the environment of this process. */
export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  stdin: () => readFileSync(0, "utf8"),
  isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true,
  env: process.env,
};

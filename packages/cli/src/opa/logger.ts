import type { Terminal } from "./command.ts";

export type LogFormat = "text" | "json" | "json-pretty";

/** One entry of OPA's log on the error stream: JSON with fields in the order of their names, or for `text` a line each. */
export function logError(
  terminal: Terminal,
  format: LogFormat,
  message: string,
  fields: { readonly [name: string]: string },
): void {
  if (format === "text") {
    // As OPA, which makes JSON of errors and so loses their message.
    const rest = Object.entries(fields).map(
      ([name, value]) => `  ${name} = ${name === "err" ? "{}" : JSON.stringify(value)}\n`,
    );
    terminal.err(`[ERROR] ${message}\n${rest.join("")}\n`);
    return;
  }
  const all = Object.entries({ ...fields, level: "error", msg: message, time: now() }).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  terminal.err(`${JSON.stringify(Object.fromEntries(all), undefined, format === "json" ? undefined : 2)}\n`);
}

/** An error before the format of the log is known. */
export function logLine(terminal: Terminal, message: string, error: string): void {
  terminal.err(`time="${now()}" level=error msg=${JSON.stringify(message)} err=${JSON.stringify(error)}\n`);
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

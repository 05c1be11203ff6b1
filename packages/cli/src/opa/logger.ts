import { goJson, goJsonLine } from "@sallyport/opa/answers";
import type { JsonObject } from "@sallyport/rego";
import type { Terminal } from "./command.ts";

export type LogFormat = "text" | "json" | "json-pretty";

export type LogLevel = "debug" | "info" | "warning" | "error";

export type LogFields = { readonly [name: string]: unknown };

/** One entry of OPA's log: JSON with fields in the order of their names, or for `text` a line each. */
export function logEntry(format: LogFormat, level: LogLevel, msg: string, fields: LogFields): string {
  if (format === "text") {
    const lines = Object.entries(fields).map(([name, value]) => `  ${name} = ${JSON.stringify(value)}\n`);
    return `[${level.toUpperCase()}] ${msg}\n${lines.join("")}\n`;
  }
  const all = Object.entries({ ...fields, level, msg, time: now() }).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(all), undefined, format === "json" ? undefined : 2)}\n`;
}

/** A decision or a status as an entry of the log: numbers as exact as they are, keys in the order of their names. */
export function consoleEntry(format: LogFormat, message: string, fields: JsonObject): string {
  if (format === "text") {
    const lines = Object.entries(fields).map(([name, value]) => `  ${name} = ${goJson(value, "")}\n`);
    return `[INFO] ${message}\n${lines.join("")}\n`;
  }
  return goJsonLine({ ...fields, level: "info", msg: message, time: now() }, format === "json" ? "" : "  ");
}

/** An error on the error stream. */
export function logError(
  terminal: Terminal,
  format: LogFormat,
  message: string,
  fields: { readonly [name: string]: string },
): void {
  // As OPA, which makes JSON of errors for `text` and so loses their message.
  const shown = format === "text" && fields["err"] !== undefined ? { ...fields, err: {} } : fields;
  terminal.err(logEntry(format, "error", message, shown));
}

/** An error before the format of the log is known. */
export function logLine(terminal: Terminal, message: string, error: string): void {
  terminal.err(`time="${now()}" level=error msg=${JSON.stringify(message)} err=${JSON.stringify(error)}\n`);
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

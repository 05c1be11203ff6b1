import type { Terminal } from "./command.ts";

export type LogFormat = "text" | "json" | "json-pretty";

/** One line of OPA's log on the error stream: fields in the order of their names, or for `text` time, level and message first. */
export function logError(
  terminal: Terminal,
  format: LogFormat,
  message: string,
  fields: { readonly [name: string]: string },
): void {
  const time = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  if (format === "text") {
    const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
    terminal.err(`time="${time}" level=error msg=${JSON.stringify(message)}${rest.join("")}\n`);
    return;
  }
  const all = Object.entries({ ...fields, level: "error", msg: message, time }).sort(([a], [b]) => (a < b ? -1 : 1));
  terminal.err(`${JSON.stringify(Object.fromEntries(all), undefined, format === "json" ? undefined : 2)}\n`);
}

import { type LogFields, type LogFormat, type LogLevel, logEntry } from "../logger.ts";

const order: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** The log of a server, from a level on. https://www.openpolicyagent.org/docs/cli#run */
export class ServerLog {
  readonly #format: LogFormat;
  readonly #level: LogLevel;
  readonly #write: (text: string) => void;

  constructor(format: LogFormat, level: LogLevel, write: (text: string) => void) {
    this.#format = format;
    this.#level = level;
    this.#write = write;
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (order.indexOf(level) < order.indexOf(this.#level)) return;
    this.#write(logEntry(this.#format, level, message, fields));
  }
}

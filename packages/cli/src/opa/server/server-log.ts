import type { Printable } from "@sallyport/opa/answers";
import { type JsonObject, parseJson } from "@sallyport/rego";
import { type LogFields, type LogFormat, type LogLevel, logEntry } from "../logger.ts";

const order: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** A log in a file. */
export interface FileLog {
  readonly log: (
    level: "debug" | "info" | "warn" | "error",
    message: string,
    fields: { readonly [name: string]: Printable | undefined },
  ) => void;
}

/** The log of a server, from a level on. https://www.openpolicyagent.org/docs/cli#run */
export class ServerLog {
  readonly #format: LogFormat;
  readonly #level: LogLevel;
  readonly #write: (text: string) => void;

  #file: () => FileLog | undefined = () => undefined;

  constructor(format: LogFormat, level: LogLevel, write: (text: string) => void) {
    this.#format = format;
    this.#level = level;
    this.#write = write;
  }

  /** From now on entries go to this log where there is one, whatever their level: it has its own. */
  redirect(file: () => FileLog | undefined): void {
    this.#file = file;
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    const file = this.#file();
    if (file === undefined) this.tell(level, message, fields);
    else file.log(level === "warning" ? "warn" : level, message, printableFields(fields));
  }

  /** On the error stream, wherever else entries go. */
  tell(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (order.indexOf(level) < order.indexOf(this.#level)) return;
    this.#write(logEntry(this.#format, level, message, fields));
  }
}

/** As JSON has them. */
function printableFields(fields: LogFields): JsonObject {
  return parseJson(JSON.stringify(fields)) as JsonObject;
}

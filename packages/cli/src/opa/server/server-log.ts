export type LogLevel = "debug" | "info" | "warning" | "error";
export type ServerLogFormat = "text" | "json" | "json-pretty";

export type LogFields = { readonly [name: string]: unknown };

const order: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** OPA's log of a server: an entry a line, its fields in the order of their names. https://www.openpolicyagent.org/docs/cli#run */
export class ServerLog {
  readonly #format: ServerLogFormat;
  readonly #level: LogLevel;
  readonly #write: (text: string) => void;
  readonly #now: () => Date;

  constructor(format: ServerLogFormat, level: LogLevel, write: (text: string) => void, now: () => Date) {
    this.#format = format;
    this.#level = level;
    this.#write = write;
    this.#now = now;
  }

  get isDebugging(): boolean {
    return this.#level === "debug";
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (order.indexOf(level) < order.indexOf(this.#level)) return;
    this.#write(this.#format === "text" ? textEntry(level, message, fields) : this.#json(level, message, fields));
  }

  #json(level: LogLevel, msg: string, fields: LogFields): string {
    const time = this.#now()
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
    const entries = Object.entries({ ...fields, level, msg, time }).sort(([a], [b]) => (a < b ? -1 : 1));
    const indent = this.#format === "json" ? undefined : 2;
    return `${JSON.stringify(Object.fromEntries(entries), undefined, indent)}\n`;
  }
}

function textEntry(level: LogLevel, message: string, fields: LogFields): string {
  const lines = Object.entries(fields).map(([name, value]) => `  ${name} = ${JSON.stringify(value)}\n`);
  return `[${level.toUpperCase()}] ${message}\n${lines.join("")}\n`;
}

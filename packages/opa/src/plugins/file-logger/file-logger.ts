import { goJson, type Printable, Struct } from "../../answers/json-text.ts";
import type { PluginHost } from "../plugin.ts";
import { type FileLoggerConfig, type LoggedLevel, levels } from "./file-logger-config.ts";
import { RotatingFile } from "./rotating-file.ts";

/** Writes entries of logs to a file, a line of JSON each as Go's slog writes it. */
export class FileLogger {
  readonly #config: FileLoggerConfig;
  readonly #host: PluginHost;
  readonly #file: RotatingFile;

  constructor(config: FileLoggerConfig, host: PluginHost) {
    this.#config = config;
    this.#host = host;
    this.#file = new RotatingFile({ ...config, now: () => Date.parse(host.timestamp()) });
  }

  /** Resolves when all is written and closed. */
  close(): Promise<void> {
    return this.#file.close();
  }

  /** Fields in their order. Written when it returns; what cannot be is told of in the server's own log. */
  log(level: LoggedLevel, message: string, fields: { readonly [name: string]: Printable | undefined }): void {
    if (levels.indexOf(level) < levels.indexOf(this.#config.level)) return;
    const head = { time: this.#host.timestamp(), level: level.toUpperCase(), msg: message };
    try {
      this.#file.write(`${withPlainHtml(goJson(new Struct({ ...head, ...fields }), ""))}\n`);
    } catch (error) {
      this.#host.fault(`File logger could not write: ${(error as Error).message}.`, { plugin: "file_logger" });
    }
  }
}

const plainHtml: { readonly [escaped: string]: string } = { "\\u003c": "<", "\\u003e": ">", "\\u0026": "&" };

/** slog does not escape what HTML would. */
function withPlainHtml(json: string): string {
  return json.replace(/\\(?:u003[ce]|u0026|.)/g, (escaped) => plainHtml[escaped] ?? escaped);
}

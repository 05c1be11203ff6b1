import { isObject, type JsonObject, type Value } from "@sallyport/rego";
import { goKind } from "../../server/input.ts";
import { fieldOf, PluginConfigError, stringAt } from "../config-fields.ts";

export type LoggedLevel = "debug" | "info" | "warn" | "error";

/** `plugins.file_logger` of a configuration. https://www.openpolicyagent.org/docs/configuration#file-logger */
export interface FileLoggerConfig {
  readonly path: string;
  /** Bytes; a longer file is put aside. */
  readonly maxBytes: number;
  /** Files that were put aside earlier are removed. */
  readonly maxAgeDays: number;
  /** More files that were put aside are removed, the oldest first; less than 1 for no such limit. */
  readonly maxBackups: number;
  /** Whether files that were put aside are compressed. */
  readonly compresses: boolean;
  /** Less is not logged. */
  readonly level: LoggedLevel;
}

export const fileLoggerName = "file_logger";

/** As OPA. */
const defaults = { megabytes: 100, days: 28, backups: 3 };
const bytesOfMegabyte = 1024 ** 2;

/** Undefined where there is none. Throws `PluginConfigError`, also for plugins that nobody knows. */
export function fileLoggerConfig(config: JsonObject): FileLoggerConfig | undefined {
  const plugins = config["plugins"] ?? {};
  const unknown = isObject(plugins) ? Object.keys(plugins).find((name) => name !== fileLoggerName) : undefined;
  if (unknown !== undefined) throw new PluginConfigError(`plugin ${JSON.stringify(unknown)} not registered`);
  const given = fieldOf(plugins, fileLoggerName);
  return given === undefined ? undefined : parsed(given);
}

function parsed(given: Value): FileLoggerConfig {
  for (const [name, kind] of Object.entries(kinds)) {
    const value = fieldOf(given, name) ?? null;
    const isFit = value === null || (typeof value === kind && (kind !== "number" || Number.isInteger(value)));
    if (!isFit) throw new PluginConfigError(unfit(name, value, kind));
  }
  const path = stringAt(given, "path") ?? "";
  if (path === "") throw new PluginConfigError("file logger requires 'path' to be specified");
  const [megabytes, days, backups] = ["max_size_mb", "max_age_days", "max_backups"].map((name) =>
    Number(fieldOf(given, name) ?? 0),
  ) as [number, number, number];
  return {
    path,
    maxBytes: (megabytes > 0 ? megabytes : defaults.megabytes) * bytesOfMegabyte,
    maxAgeDays: days > 0 ? days : defaults.days,
    maxBackups: backups === 0 ? defaults.backups : backups,
    compresses: fieldOf(given, "compress") === true,
    level: levels.find((each) => each === stringAt(given, "level")) ?? "info",
  };
}

/** In their order. */
export const levels: readonly LoggedLevel[] = ["debug", "info", "warn", "error"];

const kinds = {
  path: "string",
  max_size_mb: "number",
  max_age_days: "number",
  max_backups: "number",
  compress: "boolean",
  level: "string",
} as const;

const goTypes = { string: "string", number: "int", boolean: "bool" } as const;

function unfit(name: string, value: Value, kind: keyof typeof goTypes): string {
  const shown = typeof value === "number" && kind === "number" ? `number ${value}` : goKind(value);
  const type = goTypes[kind];
  return `failed to parse file logger config: json: cannot unmarshal ${shown} into Go struct field Config.${name} of type ${type}`;
}

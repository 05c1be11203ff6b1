import type { DataPath, JsonObject, Value } from "@sallyport/rego";
import { fieldOf, PluginConfigError, stringAt } from "../config-fields.ts";
import { type Polling, reportingOf, type Trigger, triggerOf } from "../polling.ts";
import { type Service, serviceFor } from "../services/service.ts";
import { decisionPath } from "./decision-event.ts";

/** `decision_logs` of a configuration. https://www.openpolicyagent.org/docs/configuration#decision-logs */
export interface DecisionLogConfig {
  /** Undefined when nothing is uploaded. */
  readonly service: Service | undefined;
  readonly resource: string;
  readonly console: boolean;
  /** The plugin that decisions are told to, by its name. */
  readonly plugin: string | undefined;
  readonly mask: DataPath;
  readonly drop: DataPath;
  /** Headers of requests that are told. */
  readonly headers: readonly string[];
  readonly recordsNondeterministic: boolean;
  readonly reporting: Reporting;
}

export interface Reporting {
  readonly polling: Polling;
  readonly trigger: Trigger;
  /** `size` keeps chunks that are ready to be sent, `event` decisions, `disk` decisions in files that survive the process. */
  readonly buffer: "size" | "event" | "disk";
  /** Bytes of one upload, compressed. */
  readonly uploadLimit: number;
  /** Bytes of the buffers `size` and `disk`. */
  readonly bytesLimit: number;
  /** Decisions in the buffer `event`. */
  readonly eventsLimit: number;
  readonly perSecond: number | undefined;
}

/** As OPA. */
const defaultPolling: Polling = { minMs: 300_000, maxMs: 600_000 };
/** As OPA; a service may not take more. */
const defaultUploadLimit = 32_768;
/** What OPA raises and lowers others to. */
const uploadLimits = { min: 90, max: 4_294_967_296 };
/** As OPA. */
const defaultEvents = 10_000;
/** A service that is away for long must not fill a disk. */
const defaultDiskBytes = 1024 ** 3;

/** Undefined where no decisions are logged. Throws `PluginConfigError`. */
export function decisionLogConfig(
  config: JsonObject,
  services: ReadonlyMap<string, Service>,
  { warn, plugins }: { readonly warn: (message: string) => void; readonly plugins: readonly string[] },
): DecisionLogConfig | undefined {
  const given = config["decision_logs"];
  if (given === undefined || given === null) return undefined;
  const plugin = stringAt(given, "plugin");
  if (plugin !== undefined && !plugins.includes(plugin))
    throw new PluginConfigError(`invalid plugin name ${JSON.stringify(plugin)} in decision_logs`);
  const console = fieldOf(given, "console") === true;
  const service = serviceFor(given, services, {
    section: "decision_logs",
    isDefaulted: !console && plugin === undefined,
  });
  if (service === undefined && !console && plugin === undefined) return undefined;
  const partition = stringAt(given, "partition_name") ?? "";
  const headers = fieldOf(fieldOf(fieldOf(given, "request_context") ?? {}, "http") ?? {}, "headers");
  return {
    service,
    resource: partition === "" ? (stringAt(given, "resource") ?? "/logs") : `/logs/${partition}`,
    console,
    plugin,
    mask: decisionPath(stringAt(given, "mask_decision") || "/system/log/mask"),
    drop: decisionPath(stringAt(given, "drop_decision") || "/system/log/drop"),
    headers: Array.isArray(headers) ? (headers as readonly string[]) : [],
    recordsNondeterministic: config["nd_builtin_cache"] === true,
    reporting: reporting(fieldOf(given, "reporting") ?? {}, warn),
  };
}

function reporting(config: Value, warn: (message: string) => void): Reporting {
  const buffer = stringAt(config, "buffer_type") ?? "size";
  if (buffer !== "size" && buffer !== "event" && buffer !== "disk")
    throw new PluginConfigError(`invalid buffer type ${JSON.stringify(buffer)}, expected "event" or "size"`);
  const [bytes, events] = [numberAt(config, "buffer_size_limit_bytes"), numberAt(config, "buffer_size_limit_events")];
  const perSecond = numberAt(config, "max_decisions_per_second");
  const unfit = (name: string) =>
    new PluginConfigError(`invalid decision_log config, '${name}' isn't supported for the ${buffer} buffer type`);
  if (buffer === "event" && bytes !== undefined) throw unfit("buffer_size_limit_bytes");
  if (buffer !== "event" && events !== undefined) throw unfit("buffer_size_limit_events");
  if (bytes !== undefined && perSecond !== undefined)
    throw new PluginConfigError(
      "invalid decision_log config, specify either 'buffer_size_limit_bytes' or 'max_decisions_per_second'",
    );
  if (events !== undefined && events <= 0)
    throw new PluginConfigError("invalid decision_log config, 'buffer_size_limit_entries' must be higher than 0");
  return {
    polling: reportingOf(config, "decision_logs", defaultPolling),
    trigger: triggerOf(config, "decision_log config"),
    buffer,
    uploadLimit: uploadLimit(numberAt(config, "upload_size_limit_bytes") ?? defaultUploadLimit, warn),
    bytesLimit: bytes ?? (buffer === "disk" ? defaultDiskBytes : Number.POSITIVE_INFINITY),
    eventsLimit: events ?? defaultEvents,
    perSecond,
  };
}

function uploadLimit(wanted: number, warn: (message: string) => void): number {
  const { min, max } = uploadLimits;
  if (wanted >= min && wanted <= max) return wanted;
  const [which, limit] = wanted < min ? (["minimum", min] as const) : (["maximum", max] as const);
  warn(`the configured \`upload_size_limit_bytes\` (${wanted}) has been set to the ${which} limit (${limit})`);
  return limit;
}

function numberAt(config: Value, name: string): number | undefined {
  const value = fieldOf(config, name);
  return typeof value === "number" ? value : undefined;
}

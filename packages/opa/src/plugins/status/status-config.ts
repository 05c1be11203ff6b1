import type { JsonObject } from "@sallyport/rego";
import { fieldOf, PluginConfigError, stringAt } from "../config-fields.ts";
import { triggerOf } from "../polling.ts";
import { type Service, serviceFor } from "../services/service.ts";

/** `status` of a configuration. https://www.openpolicyagent.org/docs/configuration#status */
export interface StatusConfig {
  /** Undefined when it is not sent. */
  readonly service: Service | undefined;
  readonly resource: string;
  readonly console: boolean;
  readonly prometheus: boolean;
  /** False: it is told to who asks for it alone. */
  readonly isSent: boolean;
}

/** Undefined where no status is told. Throws `PluginConfigError`. */
export function statusConfig(config: JsonObject, services: ReadonlyMap<string, Service>): StatusConfig | undefined {
  const given = config["status"];
  if (given === undefined || given === null) return undefined;
  const plugin = stringAt(given, "plugin");
  if (plugin !== undefined) throw new PluginConfigError(`invalid plugin name ${JSON.stringify(plugin)} in status`);
  const [console, prometheus] = [fieldOf(given, "console") === true, fieldOf(given, "prometheus") === true];
  const service = serviceFor(given, services, { section: "status", isDefaulted: !console && !prometheus });
  if (service === undefined && !console && !prometheus) return undefined;
  const partition = stringAt(given, "partition_name") ?? "";
  return {
    service,
    resource: partition === "" ? "/status" : `/status/${partition}`,
    console,
    prometheus,
    isSent: triggerOf(given, "status config") !== "manual",
  };
}

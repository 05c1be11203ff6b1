import { isObject, type JsonObject, type Value } from "@sallyport/rego";
import { goKind } from "./server/input.ts";

/** A structure of OPA's: the fields that it reads by their types. */
interface Shape {
  /** By Go's package. */
  readonly type: string;
  /** By name; where Go names the field or its type otherwise, as it does. */
  readonly fields?: { readonly [name: string]: Type | readonly [field: string, type: string] };
}

type Type = "string" | "bool";

const texts = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, "string"] as const));

const core: { readonly [section: string]: Shape } = {
  server: { type: "config.ServerConfig", fields: texts("logger_plugin") },
  storage: { type: "config.StorageConfig" },
};

const sections: { readonly [section: string]: Shape } = {
  bundle: { type: "bundle.Config" },
  caching: { type: "cache.Config" },
  decision_logs: {
    type: "logs.Config",
    fields: {
      ...texts("plugin", "service", "partition_name", "mask_decision", "drop_decision", "resource"),
      console: "bool",
    },
  },
  discovery: {
    type: "discovery.Config",
    fields: { ...texts("name", "prefix", "decision", "service", "resource"), persist: "bool" },
  },
  distributed_tracing: { type: "distributedtracing.distributedTracingConfig", fields: texts("type", "address") },
  status: {
    type: "status.Config",
    fields: { ...texts("plugin", "service", "partition_name"), console: "bool", prometheus: "bool" },
  },
};

const source: Shape = {
  type: "bundle.Source",
  fields: {
    ...texts("service", "resource"),
    persist: "bool",
    polling: ["Config.polling", "download.PollingConfig"],
    signing: ["signing", "bundle.VerificationConfig"],
  },
};

const service: Shape = {
  type: "rest.Config",
  fields: { ...texts("name", "url", "type"), allow_insecure_tls: "bool", headers: ["headers", "map[string]string"] },
};

/** Why the frame of a configuration is none, in OPA's words; undefined for one that is. */
export function coreFault(config: JsonObject): string | undefined {
  return first([
    () => mapFault(config["labels"], "map[string]string", (label) => valueFault(label, "string")),
    () => mapFault(config["plugins"], "map[string]json.RawMessage", () => undefined),
    () => valueFault(config["nd_builtin_cache"], "bool"),
    () => valueFault(config["persistence_directory"], "string"),
    ...Object.entries(core).map(
      ([name, shape]) =>
        () =>
          shapeFault(config[name], shape),
    ),
  ]);
}

/** The same of the sections that plugins and services read. */
export function sectionFault(config: JsonObject): string | undefined {
  return first([
    () => servicesFault(config["services"]),
    ...Object.entries(sections).map(
      ([name, shape]) =>
        () =>
          shapeFault(config[name], shape),
    ),
    () => mapFault(config["bundles"], "map[string]*bundle.Source", (each) => shapeFault(each, source)),
  ]);
}

function first(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const fault = check();
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Services are a list, or have their names before them. */
function servicesFault(services: Value | undefined): string | undefined {
  if (Array.isArray(services)) return first(services.map((each: Value) => () => shapeFault(each, service)));
  if (isNone(services) || isObject(services as Value))
    return mapFault(services, "", (each) => shapeFault(each, service));
  return unfit(services as Value, "value of type []json.RawMessage");
}

function mapFault(
  value: Value | undefined,
  type: string,
  check: (each: Value) => string | undefined,
): string | undefined {
  if (isNone(value)) return undefined;
  if (!isObject(value as Value)) return unfit(value as Value, `value of type ${type}`);
  return first(Object.values(value as JsonObject).map((each) => () => check(each as Value)));
}

function shapeFault(value: Value | undefined, { type, fields = {} }: Shape): string | undefined {
  if (isNone(value)) return undefined;
  if (!isObject(value as Value)) return unfit(value as Value, `value of type ${type}`);
  const name = type.slice(type.indexOf(".") + 1);
  const found = Object.entries(value as JsonObject).sort(([a], [b]) => (a < b ? -1 : 1));
  return first(
    found.map(
      ([field, each]) =>
        () =>
          fieldFault(name, field, each as Value, fields[field]),
    ),
  );
}

function fieldFault(
  struct: string,
  field: string,
  value: Value,
  wanted: NonNullable<Shape["fields"]>[string] | undefined,
): string | undefined {
  if (wanted === undefined || isNone(value)) return undefined;
  if (typeof wanted === "string")
    return goKind(value) === wanted ? undefined : unfit(value, `struct field ${struct}.${field} of type ${wanted}`);
  const [path, type] = wanted;
  return isObject(value) ? undefined : unfit(value, `struct field ${struct}.${path} of type ${type}`);
}

function valueFault(value: Value | undefined, type: Type): string | undefined {
  if (isNone(value) || goKind(value as Value) === type) return undefined;
  return unfit(value as Value, `value of type ${type}`);
}

function isNone(value: Value | undefined): boolean {
  return value === undefined || value === null;
}

function unfit(value: Value, place: string): string {
  return `json: cannot unmarshal ${goKind(value)} into Go ${place}`;
}

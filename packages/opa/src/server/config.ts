import { type DataPath, isObject, type JsonObject, type Value } from "@sallyport/rego";
import { coreFault } from "../config-shape.ts";
import { ConfigError } from "./config-error.ts";
import { type ServerSection, serverSection } from "./server-section.ts";

/** What a configuration says to a policy server. https://www.openpolicyagent.org/docs/configuration */
export interface ServerConfig {
  /** As `/v1/config` tells it: with labels and defaults, without secrets. */
  readonly shown: JsonObject;
  readonly defaultDecision: DataPath;
  readonly authorizationDecision: DataPath;
  readonly server: ServerSection;
  readonly labels: { readonly [name: string]: string };
}

const defaults = { default_decision: "/system/main", default_authorization_decision: "/system/authz/allow" };

/** Reads a configuration; `id` is what this server is told apart by. Throws `ConfigError`. */
export function serverConfig(config: JsonObject, { id, version }: { readonly id: string; readonly version: string }) {
  const fault = coreFault(config);
  if (fault !== undefined) throw new ConfigError(fault);
  const labels = { ...((config["labels"] ?? {}) as { readonly [name: string]: string }), id, version };
  const shown: JsonObject = { ...defaults, ...withoutSecrets(config), labels };
  const parsed: ServerConfig = {
    shown,
    labels,
    defaultDecision: pathOf(config, "default_decision"),
    authorizationDecision: pathOf(config, "default_authorization_decision"),
    server: serverSection(config),
  };
  return parsed;
}

function pathOf(config: JsonObject, name: keyof typeof defaults): DataPath {
  const text = config[name] ?? defaults[name];
  if (typeof text !== "string") throw new ConfigError(`${name} must be a string`);
  return text.split("/").filter((part) => part !== "");
}

/** Credentials of services and keys of signatures are nobody's business. */
function withoutSecrets(config: JsonObject): JsonObject {
  const { services, keys, ...rest } = config;
  return {
    ...rest,
    ...(services === undefined ? {} : { services: eachWithout(services, ["credentials"]) }),
    ...(keys === undefined ? {} : { keys: eachWithout(keys, ["key", "private_key"]) }),
  };
}

function eachWithout(entries: Value, secrets: readonly string[]): Value {
  if (Array.isArray(entries)) return entries.map((each: Value) => without(each, secrets));
  if (!isObject(entries)) return entries;
  return Object.fromEntries(Object.entries(entries).map(([name, each]) => [name, without(each as Value, secrets)]));
}

function without(value: Value, secrets: readonly string[]): Value {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !secrets.includes(name))) as JsonObject;
}

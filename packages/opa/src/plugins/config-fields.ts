import { isObject, type JsonObject, type Value } from "@sallyport/rego";
import { sectionFault } from "../config-shape.ts";

/** A configuration of plugins that cannot be, in OPA's words. */
export class PluginConfigError extends Error {}

/** Throws `PluginConfigError` when a section is not what its part can read. */
export function checkSections(config: JsonObject): void {
  const fault = sectionFault(config);
  if (fault !== undefined) throw new PluginConfigError(fault);
}

/** What a part of the configuration is read by; its faults are told with the part's name before them. */
export function within<T>(part: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PluginConfigError) throw new PluginConfigError(`${part}: ${error.message}`);
    throw error;
  }
}

export function fieldOf(config: Value, name: string): Value | undefined {
  return isObject(config) && Object.hasOwn(config, name) ? (config as JsonObject)[name] : undefined;
}

export function stringAt(config: Value, name: string): string | undefined {
  const value = fieldOf(config, name);
  return typeof value === "string" ? value : undefined;
}

/** All that are strings of a list; none where it is none. */
export function stringsAt(config: Value, name: string): readonly string[] {
  const value = fieldOf(config, name);
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** The fields of an object that are strings. */
export function textsAt(config: Value, name: string): { readonly [name: string]: string } {
  const value = fieldOf(config, name);
  const entries = isObject(value ?? null) ? Object.entries(value as JsonObject) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

import { isObject, lookup } from "../value/access.ts";
import { RegoObject, sortedEntries } from "../value/collection.ts";
import type { Value } from "../value/value.ts";
import type { Builtin, QueryState } from "./builtin.ts";

/** Without the secrets of its configuration: credentials of services, and keys. */
function runtimeInfo(_args: readonly Value[], { effects }: QueryState): Value {
  const hasEnv = Object.keys(effects.env).length > 0;
  const info: Value = effects.runtime ?? (hasEnv ? { env: effects.env } : {});
  const config = lookup(info, "config");
  if (config === undefined || !isObject(config)) return info;
  return withField(info, "config", withoutSecrets(config));
}

function withoutSecrets(config: Value): Value {
  let clean = config;
  const services = lookup(config, "services");
  const keys = lookup(config, "keys");
  if (services !== undefined) clean = withField(clean, "services", withoutFields(services, ["credentials"]));
  if (keys !== undefined) clean = withField(clean, "keys", withoutFields(keys, ["key", "private_key"]));
  return clean;
}

/** Each member of an object or list without some fields; what is no object is left out, as it cannot be looked through. */
function withoutFields(members: Value, names: readonly string[]): Value {
  const strip = (member: Value): Value =>
    RegoObject.of(isObject(member) ? sortedEntries(member).filter(([key]) => !names.includes(key as string)) : []);
  if (Array.isArray(members)) return (members as readonly Value[]).map(strip);
  return RegoObject.of(isObject(members) ? sortedEntries(members).map(([key, member]) => [key, strip(member)]) : []);
}

function withField(object: Value, name: string, value: Value): Value {
  const copy = RegoObject.of(sortedEntries(object as RegoObject));
  copy.set(name, value);
  return copy;
}

/** https://www.openpolicyagent.org/docs/policy-reference/builtins/opa */
export const runtime: readonly Builtin[] = [{ name: "opa.runtime", call: runtimeInfo, nondeterministic: true }];

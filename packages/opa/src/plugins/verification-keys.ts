import { isObject, type JsonObject, type Value } from "@sallyport/rego";
import { isSigningAlgorithm } from "../bundle/jws.ts";
import type { VerificationConfig, VerificationKey } from "../bundle/verify.ts";
import { goKind } from "../server/input.ts";
import { PluginConfigError } from "./config-fields.ts";

/**
 * The `keys` of a configuration, by which signatures are verified. One with a `private_key` alone is for signing: it verifies nothing.
 * Throws `PluginConfigError`, as OPA, whether or not a bundle asks for the key.
 * https://www.openpolicyagent.org/docs/configuration#keys
 */
export function verificationKeys({ keys }: JsonObject): VerificationConfig["keys"] {
  if (keys === undefined || keys === null) return {};
  if (!isObject(keys)) throw unfit(keys, "value of type map[string]json.RawMessage");
  return Object.fromEntries(Object.entries(keys as JsonObject).map(([id, each]) => [id, keyOf(id, each as Value)]));
}

const fields = ["key", "private_key", "algorithm", "scope"] as const;

function keyOf(id: string, config: Value): VerificationKey {
  const given = config ?? {};
  if (!isObject(given)) throw unfit(given, "value of type keys.Config");
  const texts: { [name in (typeof fields)[number]]?: string } = {};
  for (const name of fields) {
    const value = (given as JsonObject)[name] ?? "";
    if (typeof value !== "string") throw unfit(value, `struct field Config.${name} of type string`);
    texts[name] = value;
  }
  const { key = "", private_key: signing, scope } = texts;
  if (key === "" && signing === "")
    throw new PluginConfigError(`invalid keys configuration: no keys provided for key ID ${id}`);
  const algorithm = texts.algorithm || "RS256";
  if (!isSigningAlgorithm(algorithm)) throw new PluginConfigError(`unsupported algorithm '${algorithm}'`);
  return { key, algorithm, ...(scope !== "" && { scope: scope as string }) };
}

function unfit(value: Value, place: string): PluginConfigError {
  return new PluginConfigError(`json: cannot unmarshal ${goKind(value)} into Go ${place}`);
}

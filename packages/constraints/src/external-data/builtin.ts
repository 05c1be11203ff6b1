import { type Builtin, BuiltinError, type JsonObject, parseJson, type Value } from "@sallyport/rego";
import { isFields } from "../fields.ts";
import type { ProviderAnswer } from "./exchange.ts";
import type { ExternalDataSource } from "./external-data.ts";

/** `external_data({"provider": name, "keys": [key, …]})` of templates. https://open-policy-agent.github.io/gatekeeper/website/docs/externaldata#external-data-for-gatekeeper-validating-webhook */
export function externalDataBuiltin(source: ExternalDataSource): Builtin {
  return {
    name: "external_data",
    nondeterministic: true,
    signature: { args: [{ type: "any" }], result: { type: "any" }, nondeterministic: true },
    call: ([request]) => {
      const { provider, keys } = readRequest(request as Value);
      return responseValue(source.respond(provider, keys));
    },
  };
}

function readRequest(request: Value): { readonly provider: string; readonly keys: readonly string[] } {
  const { provider = "", keys = [] } = (isFields(request) ? request : {}) as JsonObject;
  if (typeof provider !== "string") throw new BuiltinError("provider must be a string");
  if (Array.isArray(keys) && keys.every((key) => typeof key === "string")) return { provider, keys };
  throw new BuiltinError("keys must be an array of strings");
}

function responseValue({ items, statusCode, systemError, fault }: ProviderAnswer): Value {
  const found = items.filter(({ error }) => error === "");
  const lists =
    fault === undefined
      ? {
          responses: found.map(({ key, value }) => [key, value]),
          errors: items.filter(({ error }) => error !== "").map(({ key, error }) => [key, error]),
        }
      : { responses: null, errors: null };
  return parseJson(JSON.stringify({ ...lists, status_code: statusCode, system_error: systemError }));
}

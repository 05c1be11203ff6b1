import { isObject, type JsonObject, type Value } from "@sallyport/rego";
import { fieldOf, PluginConfigError, stringAt, textsAt, within } from "../config-fields.ts";
import { type Credentials, credentialsOf, type Environment } from "./credentials.ts";
import { sendPlainly } from "./send.ts";
import { Transport, trustOf } from "./transport.ts";

/** A control plane: where bundles come from, and where logs and status go. https://www.openpolicyagent.org/docs/configuration#services */
export interface Service {
  readonly name: string;
  readonly url: string;
  /** A registry of artifacts, `type: oci`; else what is at a URL. */
  readonly isOci: boolean;
  readonly headers: { readonly [name: string]: string };
  readonly credentials: Credentials;
  readonly transport: Transport;
  readonly timeoutMs: number;
}

/** As OPA's `response_header_timeout_seconds`. */
const defaultTimeoutSeconds = 10;

/** `services` as a list, or as an object by name; reads what files they name. Throws `PluginConfigError`. */
export function servicesOf(config: JsonObject, environment: Environment): ReadonlyMap<string, Service> {
  const given = config["services"] ?? {};
  const entries = Array.isArray(given)
    ? given.map((each: Value) => [stringAt(each, "name") ?? "", each] as const)
    : Object.entries(isObject(given) ? given : {});
  const read = (name: string, each: Value) =>
    within(`service ${JSON.stringify(name)}`, () => serviceOf(name, each, config["keys"] ?? {}, environment));
  return new Map(entries.map(([name, each]) => [name, read(name, each as Value)]));
}

/** The service that a part of the configuration names; `isDefaulted` takes the first where it names none. Throws `PluginConfigError`. */
export function serviceFor(
  config: Value,
  services: ReadonlyMap<string, Service>,
  { section, isDefaulted }: { readonly section: string; readonly isDefaulted: boolean },
): Service | undefined {
  const name = stringAt(config, "service") ?? "";
  if (name === "") return isDefaulted ? [...services.values()][0] : undefined;
  const service = services.get(name);
  if (service === undefined) throw new PluginConfigError(`invalid service name ${JSON.stringify(name)} in ${section}`);
  return service;
}

function serviceOf(name: string, config: Value, keys: Value, environment: Environment): Service {
  const url = (stringAt(config, "url") ?? "").replace(/\/+$/, "");
  // Without one it is a name that nothing is sent to.
  if (url !== "" && !URL.canParse(url)) throw new PluginConfigError(`url: ${JSON.stringify(url)} is no URL`);
  const isOci = isRegistry(config);
  const seconds = fieldOf(config, "response_header_timeout_seconds");
  const trust = trustOf(config, fieldOf(fieldOf(config, "credentials") ?? {}, "client_tls"));
  const plain = new Transport({ rejectUnauthorized: true }, environment);
  const trusted = new Transport(trust, environment);
  const credentials = credentialsOf(config, {
    url,
    isOci,
    keys,
    environment,
    send: (request, { isOwnTrust }) => sendPlainly(request, isOwnTrust ? trusted : plain),
    now: () => Date.now(),
  });
  return {
    name,
    url,
    isOci,
    headers: textsAt(config, "headers"),
    credentials,
    transport:
      credentials.certificate === undefined ? trusted : new Transport(trust, environment, credentials.certificate),
    timeoutMs: (typeof seconds === "number" ? seconds : defaultTimeoutSeconds) * 1000,
  };
}

function isRegistry(config: Value): boolean {
  const type = stringAt(config, "type") ?? "";
  if (type !== "" && type !== "oci")
    throw new PluginConfigError(`type ${JSON.stringify(type)} is not known; oci is, and none for a service over HTTP`);
  return type === "oci";
}

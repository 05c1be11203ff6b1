import { readFileSync } from "node:fs";
import { isObject, type JsonObject, type Value } from "@sallyport/rego";

/** A configuration of plugins that cannot be, in OPA's words. */
export class PluginConfigError extends Error {}

/** A control plane: where bundles come from, and where logs and status go. https://www.openpolicyagent.org/docs/configuration#services */
export interface Service {
  readonly name: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly token: () => string | undefined;
  readonly timeoutMs: number;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/** As OPA's `response_header_timeout_seconds`. */
const defaultTimeoutSeconds = 10;

/** `services` as a list, or as an object by name. Throws `PluginConfigError`. */
export function servicesOf(config: JsonObject): ReadonlyMap<string, Service> {
  const given = config["services"] ?? {};
  const entries = Array.isArray(given)
    ? given.map((each: Value) => [stringAt(each, "name") ?? "", each] as const)
    : Object.entries(isObject(given) ? given : {});
  return new Map(entries.map(([name, each]) => [name, serviceOf(name, each as Value)]));
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

function serviceOf(name: string, config: Value): Service {
  const url = (stringAt(config, "url") ?? "").replace(/\/+$/, "");
  const seconds = fieldOf(config, "response_header_timeout_seconds");
  return {
    name,
    url,
    headers: (fieldOf(config, "headers") ?? {}) as { readonly [name: string]: string },
    token: tokenOf(fieldOf(fieldOf(config, "credentials") ?? {}, "bearer"), name),
    timeoutMs: (typeof seconds === "number" ? seconds : defaultTimeoutSeconds) * 1000,
  };
}

/** A token, or the file that holds it, which is read each time: it may be renewed. */
function tokenOf(bearer: Value | undefined, name: string): Service["token"] {
  if (bearer === undefined) return () => undefined;
  const scheme = stringAt(bearer, "scheme") ?? "Bearer";
  const [token, path] = [stringAt(bearer, "token"), stringAt(bearer, "token_path")];
  if ((token === undefined) === (path === undefined))
    throw new PluginConfigError(
      `invalid config for service ${JSON.stringify(name)}: a token or a token_path is needed`,
    );
  return () => `${scheme} ${token ?? readFileSync(path as string, "utf8").trim()}`;
}

/** Sends a request to a service. Rejects when there is no answer. */
export async function ask(
  { url, headers, token, timeoutMs }: Service,
  request: {
    readonly method: "GET" | "POST";
    readonly path: string;
    readonly headers?: { readonly [name: string]: string };
    readonly body?: Uint8Array;
    readonly agent: string;
    readonly signal?: AbortSignal;
  },
): Promise<ServiceAnswer> {
  const authorization = token();
  const place = `${url}/${request.path.replace(/^\/+/, "")}`;
  const response = await fetch(place, {
    method: request.method,
    headers: {
      "User-Agent": request.agent,
      ...(authorization === undefined ? {} : { Authorization: authorization }),
      ...headers,
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: request.body as Uint8Array<ArrayBuffer> }),
    signal: AbortSignal.any([
      AbortSignal.timeout(timeoutMs),
      ...(request.signal === undefined ? [] : [request.signal]),
    ]),
  }).catch((error: unknown) => {
    throw new Error(
      `request failed: ${request.method === "GET" ? "Get" : "Post"} "${place}": ${connectionFault(error)}`,
    );
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, statusText: response.statusText, headers: response.headers, bytes };
}

/** Why there was no answer, as Go tells it where it is a connection that was not made. */
function connectionFault(error: unknown): string {
  const cause = ((error as Error).cause ?? error) as NodeJS.ErrnoException & {
    readonly address?: string;
    readonly port?: number;
  };
  if (cause.code !== "ECONNREFUSED" || cause.address === undefined) return cause.message;
  const host = cause.address.includes(":") ? `[${cause.address}]` : cause.address;
  return `dial tcp ${host}:${cause.port}: connect: connection refused`;
}

export function fieldOf(config: Value, name: string): Value | undefined {
  return isObject(config) && Object.hasOwn(config, name) ? (config as JsonObject)[name] : undefined;
}

export function stringAt(config: Value, name: string): string | undefined {
  const value = fieldOf(config, name);
  return typeof value === "string" ? value : undefined;
}

import type { AsynchronousEffects, HttpRequest } from "@sallyport/rego";
import { type Fields, isFields, textOf } from "../fields.ts";
import type { Provider } from "./provider.ts";

/** What a Provider says of one key: a value, or why there is none. */
export interface Item {
  readonly key: string;
  readonly value: unknown;
  readonly error: string;
}

/** A Provider's answer; `fault` says why there is none. */
export interface ProviderAnswer {
  readonly items: readonly Item[];
  readonly statusCode: number;
  readonly systemError: string;
  /** The same keys will be answered in the same way: what mutators ask must be. */
  readonly idempotent: boolean;
  readonly fault?: string;
}

/** PEM. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

const apiVersion = "externaldata.gatekeeper.sh/v1beta1";

/** Asks a Provider for keys, all at once. Never rejects: failures are answers. */
export async function askProvider(
  http: AsynchronousEffects["http"],
  provider: Provider,
  keys: readonly string[],
  client: ClientCertificate | undefined,
): Promise<ProviderAnswer> {
  const answer = await http(requestFor(provider, keys, client));
  if (answer.kind === "failure") {
    const { url, message } = answer;
    return failed(500, `failed to send external data request: Post ${JSON.stringify(url)}: ${message}`);
  }
  const text = new TextDecoder().decode(answer.body);
  try {
    return answerFrom(JSON.parse(text), answer.statusCode);
  } catch (error) {
    return failed(500, `failed to unmarshal external data response: ${(error as Error).message}`);
  }
}

/** Where there was nobody to ask, or nothing that can be read. */
export function failed(statusCode: number, fault: string): ProviderAnswer {
  return { items: [], statusCode, systemError: fault, idempotent: false, fault };
}

/** Of a Provider that is not there: templates are told this, mutators in their own words. */
export const noProvider: ProviderAnswer = failed(400, "key is not found in provider cache");

function requestFor(
  { url, authority, timeoutSeconds }: Provider,
  keys: readonly string[],
  client: ClientCertificate | undefined,
): HttpRequest {
  return {
    method: "POST",
    url,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ apiVersion, kind: "ProviderRequest", request: { keys } }),
    timeoutMs: timeoutSeconds * 1000,
    followRedirects: false,
    retries: 0,
    tls: {
      insecureSkipVerify: false,
      useSystemCerts: false,
      authorities: [authority],
      clients: client === undefined ? [] : [client],
      minVersion: "TLSv1.3",
    },
  };
}

function answerFrom(body: unknown, statusCode: number): ProviderAnswer {
  if (!isFields(body)) throw new Error("not an object");
  const response: Fields = isFields(body["response"]) ? body["response"] : {};
  const items = response["items"] ?? [];
  if (!Array.isArray(items) || !items.every(isFields)) throw new Error("response.items is not a list of objects");
  return {
    statusCode,
    systemError: textOf(response["systemError"]),
    idempotent: response["idempotent"] === true,
    items: items.map(({ key, value, error }) => ({ key: textOf(key), value: value ?? null, error: textOf(error) })),
  };
}

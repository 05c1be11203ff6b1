import { randomUUID } from "node:crypto";
import { createEffects } from "@sallyport/effects";
import { Struct } from "@sallyport/opa/answers";
import {
  ConfigError,
  type Listener,
  listen,
  PolicyServer,
  PolicyState,
  RequestMetrics,
  type ServerConfig,
  serverConfig,
} from "@sallyport/opa/server";
import { isObject, type JsonObject, jsonText, lookup, parseJson, type Value } from "@sallyport/rego";
import { readConfig } from "./config.ts";
import { type ErrorEntry, messageEntry } from "./errors-text.ts";
import { opaVersion } from "./opa-version.ts";
import { loadFiles, type QueryRequest } from "./query-request.ts";
import { LoadError } from "./read-data.ts";
import { runtimeInfo } from "./runtime-info.ts";

/** What the server refused. As OPA, which reads no details of faults, those that have some are not told one by one. */
export class RefusedByServer extends Error {
  readonly entries: readonly ErrorEntry[];

  constructor(status: number, { message, errors = [] }: Refusal) {
    super(
      errors[0]?.code === "rego_parse_error"
        ? "error occurred while parsing query"
        : `request failed, OPA server replied with HTTP ${status}: ${message}`,
    );
    const isTold = errors.length > 0 && errors.every(({ details }) => details === undefined);
    this.entries = isTold ? errors.map(entryOf) : [messageEntry(this.message)];
  }
}

interface Refusal {
  readonly message: string;
  readonly errors?: readonly RefusalError[];
}

interface RefusalError {
  readonly code: string;
  readonly message: string;
  readonly location: { readonly file: string; readonly row: number; readonly col: number };
  readonly details?: Value;
}

function entryOf({ code, message, location: { file, row, col } }: RefusalError): ErrorEntry {
  const place = file === "" ? `${row}:${col}` : `${file}:${row}`;
  const location = new Struct({ file, row, col });
  return { text: `${place}: ${code}: ${message}`, json: new Struct({ message, code, location }) };
}

/** One answer: whether there was a result, and what the server measured. */
export interface BenchAnswer {
  readonly isDefined: boolean;
  readonly metrics: { readonly [name: string]: number };
}

/** A policy server in this process, with what the flags of a benchmark name. */
export class BenchServer {
  readonly #listener: Listener;
  readonly #url: string;
  readonly #body: string;

  private constructor(listener: Listener, path: string, body: string) {
    this.#listener = listener;
    this.#url = listener.url + path;
    this.#body = body;
  }

  /** Throws `LoadError`, and what loading files throws. */
  static async start(request: QueryRequest, input: Value | undefined): Promise<BenchServer> {
    const { flags, terminal, regoVersion } = request;
    const config = configOf(request);
    const { modules, data } = await loadFiles(request);
    const policies = modules.map(({ file, text, module }) => ({ id: file, text, module }));
    const server = new PolicyServer({
      state: new PolicyState({ regoVersion, policies, data: data as JsonObject }),
      config,
      effects: () => createEffects({ runtime: runtimeInfo(terminal.env, { config: config.shown }) }),
      build: { version: opaVersion, commit: "", timestamp: "", hostname: "" },
      requests: new RequestMetrics(opaVersion),
      clock: () => performance.now(),
      authorization: "off",
      onFault: () => {},
    });
    const { coding } = config.server;
    const address = { host: "127.0.0.1", port: 0 };
    const listener = await listen({ server, address, coding, authentication: "off", onFault: () => {} });
    const [path, body] = questionOf(request, input);
    return new BenchServer(listener, `${path}${flags.bool("metrics") ? "?metrics=true" : ""}`, jsonText(body));
  }

  /** Throws `RefusedByServer`. */
  async ask(): Promise<BenchAnswer> {
    const response = await fetch(this.#url, { method: "POST", body: this.#body });
    const answer = parseJson(await response.text()) as JsonObject;
    if (!response.ok) throw new RefusedByServer(response.status, answer as unknown as Refusal);
    const { result, metrics = {} } = answer;
    return { isDefined: hasResult(result), metrics: metrics as BenchAnswer["metrics"] };
  }

  close(): Promise<void> {
    return this.#listener.close(0);
  }
}

function configOf({ flags, terminal }: QueryRequest): ServerConfig {
  try {
    return serverConfig(readConfig(flags, terminal.env), { id: randomUUID(), version: opaVersion });
  } catch (error) {
    if (error instanceof ConfigError) throw new LoadError(error.message);
    throw error instanceof LoadError ? new LoadError(`config error: ${error.message}`) : error;
  }
}

/** A document is asked for by its path, all else is a query. */
function questionOf(
  { flags, query }: QueryRequest,
  input: Value | undefined,
): readonly [path: string, body: JsonObject] {
  const given = input === undefined ? {} : { input };
  if (flags.bool("partial")) return ["/v1/compile", { query, ...given, unknowns: flags.list("unknowns") }];
  const [, path] = /^data\.([\w.]+)$/.exec(query) ?? [];
  return path === undefined ? ["/v1/query", { query, ...given }] : [`/v1/data/${path.replaceAll(".", "/")}`, given];
}

/** As of a query that nothing satisfies, or of partial evaluation that leaves nothing. */
function hasResult(result: Value | undefined): boolean {
  if (result === undefined) return false;
  if (Array.isArray(result)) return result.length > 0;
  return !isObject(result) || Object.keys(result).length > 0 || lookup(result, "queries") !== undefined;
}

import type { JsonObject } from "@sallyport/rego";

/** A request as a user of the REST API sends it. */
export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body?: string;
  readonly headers?: { readonly [name: string]: string };
  /** Why Sallyport answers something else, where it does. */
  readonly differs?: string;
}

/** Requests that one fresh server is sent, one after another. */
export interface Scenario {
  readonly name: string;
  /** Flags behind `run --server`. */
  readonly flags?: readonly string[];
  /** Files that are loaded: name and text. */
  readonly files?: { readonly [name: string]: string };
  /** A configuration with decision logs, which are compared too. */
  readonly logs?: JsonObject;
  readonly asks: readonly Asked[];
}

export const get = (path: string, headers?: Asked["headers"]): Asked => asked("GET", path, undefined, headers);
export const post = (path: string, body: unknown, headers?: Asked["headers"]): Asked =>
  asked("POST", path, body, headers);
export const put = (path: string, body: unknown, headers?: Asked["headers"]): Asked =>
  asked("PUT", path, body, headers);
export const patch = (path: string, body: unknown): Asked => asked("PATCH", path, body);
export const remove = (path: string): Asked => asked("DELETE", path);

/** Text is sent as it is, all else as JSON. */
export function asked(method: string, path: string, body?: unknown, headers?: Asked["headers"]): Asked {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return { method, path, ...(text === undefined ? {} : { body: text }), ...(headers === undefined ? {} : { headers }) };
}

const example = `package example

import rego.v1

allow if input.user == "root"

deny contains msg if {
	some n in input.names
	n != data.good
	msg := sprintf("bad name %s", [n])
}

count_all := count(data.list)

f(x) := x + 1

g := f(data.list[1])

defaulted := false if false
else := "last"
`;

const servers = { list: [1, 2, 3], good: "a", deep: { "a b": { c: [{ d: 1 }] }, "1": "one" }, n: null, f: false };
export const loaded = { "example.rego": example, "data.json": JSON.stringify(servers) };

/** What a policy server answered. */
export interface OpaAnswer {
  readonly status: number;
  /** The JSON; undefined where there is none. */
  readonly body: unknown;
}

/**
 * Asks a policy server by OPA's REST API; `path` begins below `/v1`, as `/policies/a`. Rejects when the server is away, or answers what is
 * no answer to the request at all: 5xx, 401, 403.
 */
export type AskOpa = (
  method: "GET" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: { readonly type: string; readonly text: string },
) => Promise<OpaAnswer>;

/** `/data/a/b` of keys, whatever they hold. */
export function dataPath(keys: readonly string[]): string {
  return `/data/${keys.map(encodeURIComponent).join("/")}`;
}

/** `/policies/opa/p/a.rego`: slashes in ids are slashes in paths. */
export function policyPath(id: string): string {
  return `/policies/${id.split("/").map(encodeURIComponent).join("/")}`;
}

export function json(value: unknown): { readonly type: string; readonly text: string } {
  return { type: "application/json", text: JSON.stringify(value) };
}

/** Something that was there has gone: the server lost its data, as it does when it restarts. */
export class LostData extends Error {
  constructor(path: string) {
    super(`${path} is gone from the policy server: it has restarted, or somebody reset it; everything is written anew`);
    this.name = "LostData";
  }
}

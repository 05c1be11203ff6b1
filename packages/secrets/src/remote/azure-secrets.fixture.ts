import { randomBytes } from "node:crypto";
import type { FakeAnswer } from "./http-fake.fixture.ts";

interface Version {
  readonly version: string;
  readonly value: string;
  readonly contentType: string | undefined;
  readonly tags: object | undefined;
  enabled: boolean;
}

/** Fewer than Azure's 25, so that few secrets make many pages. */
const pageSize = 2;

/** An error as Key Vault writes them; `inner` tells why an operation is refused. */
export function azureFault(status: number, code: string, message: string, inner?: string): FakeAnswer {
  return { status, body: { error: { code, message, ...(inner !== undefined && { innererror: { code: inner } }) } } };
}

/** Secrets of a vault, with versions, pages, and what is deleted and can be recovered. */
export class FakeAzureSecrets {
  readonly #kept = new Map<string, Version[]>();
  readonly #deleted = new Map<string, Version[]>();
  readonly #url: () => string;

  constructor(url: () => string) {
    this.#url = url;
  }

  /** A new version, by a name of its own unless one is given. */
  set(name: string, value: string, version = randomBytes(16).toString("hex")): void {
    this.#add(name, { version, value, contentType: undefined, tags: undefined, enabled: true });
  }

  answer(method: string, path: string, query: URLSearchParams, body: string): FakeAnswer {
    const [root, name, version] = path.split("/").filter((each) => each !== "");
    if (root === "deletedsecrets") return this.#answerDeleted(method, name ?? "", version);
    if (name === undefined) return this.#page("/secrets", [...this.#kept.keys()].sort().map(this.#newest), query);
    if (method === "PUT") return this.#put(name, JSON.parse(body));
    const versions = this.#kept.get(name) ?? [];
    if (method === "GET" && version === "versions")
      return this.#page(
        `/secrets/${name}/versions`,
        versions.map((each) => this.#bundle(name, each)),
        query,
      );
    const found = version === undefined ? versions.at(-1) : versions.find((each) => each.version === version);
    if (found === undefined) return absent(name);
    if (method === "DELETE") return this.#delete(name, found);
    if (method === "PATCH") found.enabled = JSON.parse(body).attributes?.enabled ?? found.enabled;
    else if (!found.enabled)
      return azureFault(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled");
    const bundle = this.#bundle(name, found);
    return { status: 200, body: method === "PATCH" ? bundle : { value: found.value, ...bundle } };
  }

  #add(name: string, version: Version): void {
    this.#kept.set(name, [...(this.#kept.get(name) ?? []), version]);
  }

  #put(
    name: string,
    { value, contentType, tags }: { readonly value: string; readonly contentType?: string; readonly tags?: object },
  ): FakeAnswer {
    if (this.#deleted.has(name))
      return azureFault(
        409,
        "Conflict",
        `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused.`,
        "ObjectIsDeletedButRecoverable",
      );
    const version = { version: randomBytes(16).toString("hex"), value, contentType, tags, enabled: true };
    this.#add(name, version);
    return { status: 200, body: { value, ...this.#bundle(name, version) } };
  }

  #delete(name: string, newest: Version): FakeAnswer {
    this.#deleted.set(name, this.#kept.get(name) as Version[]);
    this.#kept.delete(name);
    return { status: 200, body: this.#deletedBundle(name, newest) };
  }

  #answerDeleted(method: string, name: string, action: string | undefined): FakeAnswer {
    const versions = this.#deleted.get(name);
    const newest = versions?.at(-1);
    if (versions === undefined || newest === undefined) return absent(name, "deleted secret");
    if (method === "GET") return { status: 200, body: this.#deletedBundle(name, newest) };
    this.#deleted.delete(name);
    if (method === "DELETE") return { status: 204, body: "" };
    if (action === "recover") this.#kept.set(name, versions);
    return { status: 200, body: this.#bundle(name, newest) };
  }

  /** Of what is listed no value is told. */
  readonly #newest = (name: string): object => {
    const versions = this.#kept.get(name) as Version[];
    const { id, ...rest } = this.#bundle(name, versions.at(-1) as Version);
    return { ...rest, id: id.slice(0, id.lastIndexOf("/")) };
  };

  #page(path: string, items: readonly object[], query: URLSearchParams): FakeAnswer {
    const from = Number(query.get("$skiptoken") ?? 0);
    const end = from + Math.min(pageSize, Number(query.get("maxresults") ?? pageSize));
    const next = `${this.#url()}${path}?api-version=${query.get("api-version")}&$skiptoken=${end}&maxresults=${end - from}`;
    return { status: 200, body: { value: items.slice(from, end), nextLink: end < items.length ? next : null } };
  }

  #bundle(name: string, { version, contentType, tags, enabled }: Version) {
    const times = { created: 1_700_000_000, updated: 1_700_000_000 };
    const attributes = { enabled, ...times, recoveryLevel: "Recoverable+Purgeable", recoverableDays: 90 };
    return { id: `${this.#url()}/secrets/${name}/${version}`, contentType, attributes, tags };
  }

  #deletedBundle(name: string, newest: Version): object {
    const times = { deletedDate: 1_700_000_000, scheduledPurgeDate: 1_707_776_000 };
    return { recoveryId: `${this.#url()}/deletedsecrets/${name}`, ...times, ...this.#bundle(name, newest) };
  }
}

function absent(name: string, what = "secret"): FakeAnswer {
  const message = `A ${what} with (name/id) ${name} was not found in this key vault.`;
  return azureFault(404, "SecretNotFound", message);
}

import { addressOf } from "./address-match.ts";
import type { Call } from "./call.ts";

type Address = readonly number[] | undefined;

/** A call as rules ask of it; what is costly to tell is told once, and only when asked. */
export class CallFacts {
  readonly call: Call;
  #source: Address | null = null;
  #remote: Address | null = null;
  #destination: Address | null = null;

  constructor(call: Call) {
    this.call = call;
  }

  /** Undefined where the peer has proved to be nobody. */
  get principal(): string | undefined {
    return this.call.source.principal === "" ? undefined : this.call.source.principal;
  }

  /** Of who connects. */
  get source(): Address {
    if (this.#source === null) this.#source = addressOf(this.call.source.ip);
    return this.#source;
  }

  /** Of whom a request is said to come from: the last of X-Forwarded-For, as Envoy reads it in a sidecar, else who connects. */
  get remote(): Address {
    if (this.#remote === null) {
      const last = this.call.http?.headers["x-forwarded-for"]?.split(",").at(-1)?.trim();
      this.#remote = (last === undefined ? undefined : addressOf(last)) ?? this.source;
    }
    return this.#remote;
  }

  get destination(): Address {
    if (this.#destination === null) this.#destination = addressOf(this.call.destination.ip);
    return this.#destination;
  }

  /** By its name in lower case; a request's own parts by the names that HTTP/2 gives them. */
  header(name: string): string | undefined {
    const { http } = this.call;
    switch (name) {
      case ":method":
        return http?.method;
      case ":path":
        return http?.path;
      case ":authority":
      case "host":
        return http?.host;
      default:
        return http !== undefined && Object.hasOwn(http.headers, name) ? http.headers[name] : undefined;
    }
  }

  /** The texts of a claim of the token that was verified: of the claim itself, or of each of its list. */
  claim(path: readonly string[]): readonly string[] {
    let value: unknown = this.call.http?.claims;
    for (const name of path) {
      const isObject = typeof value === "object" && value !== null && Object.hasOwn(value, name);
      value = isObject ? (value as { readonly [name: string]: unknown })[name] : undefined;
    }
    return [value].flat().filter((each) => typeof each === "string");
  }
}

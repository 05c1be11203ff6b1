import { type Credential, readCredential } from "../private-file.ts";
import { type Ending, KeptToken } from "./kept-token.ts";
import { objectOf, type Remote, type RemoteAnswer, RemoteError, readToken, shortened, textIn } from "./remote.ts";

/** How Vault or OpenBao knows us. */
export type VaultAuth =
  /** Of a file that its agent, or a person, keeps current. */
  | { readonly kind: "token"; readonly file: Credential }
  /** The method `jwt` is asked as this one. */
  | { readonly kind: "kubernetes"; readonly mount: string; readonly role: string; readonly tokenFile: Credential }
  | { readonly kind: "approle"; readonly mount: string; readonly roleId: string; readonly secretIdFile: Credential };

export interface VaultOptions {
  /** `https://vault.example.com:8200`. */
  readonly address: string;
  readonly namespace?: string;
  readonly auth: VaultAuth;
  readonly remote: Remote;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type Fields = { readonly [field: string]: unknown };

/** A Vault or an OpenBao, with a token that is renewed before it ends, and a new login where that cannot be. https://developer.hashicorp.com/vault/api-docs */
export class Vault {
  readonly #options: VaultOptions;
  readonly #token: KeptToken<string>;
  /** To be renewed, while it can be. */
  #renewable: string | undefined;

  constructor(options: VaultOptions) {
    this.#options = options;
    this.#token = new KeptToken(() => this.#fetchToken(), options.now);
  }

  /** `data` of an answer at `/v1/PATH`. Rejects with `RemoteError`, or `SourceError` for a file of credentials that cannot be read. */
  async ask(method: "GET" | "POST", path: string, body?: Fields): Promise<Fields> {
    let answer = await this.#send(method, path, await this.#token.get(), body);
    if (answer.status === 403) {
      // The token may have been revoked: with another one it is the policy.
      this.#forget();
      answer = await this.#send(method, path, await this.#token.get(), body);
    }
    const what = this.#placeOf(method, path);
    const { data } = objectOf(what, succeeded(what, answer));
    if (typeof data !== "object" || data === null) throw new RemoteError(`${what}: the answer has no data`);
    return data as Fields;
  }

  #send(method: "GET" | "POST", path: string, token: string | undefined, body?: Fields): Promise<RemoteAnswer> {
    const { address, namespace, remote } = this.#options;
    return remote.ask({
      method,
      url: `${address.replace(/\/+$/, "")}/v1/${path}`,
      headers: {
        "x-vault-request": "true",
        ...(token !== undefined && { "x-vault-token": token }),
        ...(namespace !== undefined && { "x-vault-namespace": namespace }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  #placeOf(method: string, path: string): string {
    return `Vault ${method} ${this.#options.address}/v1/${path}`;
  }

  #forget(): void {
    this.#renewable = undefined;
    this.#token.forget();
  }

  async #fetchToken(): Promise<Ending<string>> {
    const renewed = this.#renewable === undefined ? undefined : await this.#renew(this.#renewable);
    return renewed ?? this.#login();
  }

  /** Nothing where it cannot be renewed any more: then there is another login. */
  async #renew(token: string): Promise<Ending<string> | undefined> {
    this.#renewable = undefined;
    const answer = await this.#send("POST", "auth/token/renew-self", token, {}).catch(() => undefined);
    if (answer?.status !== 200) return undefined;
    return this.#leased("POST auth/token/renew-self", objectOf("Vault", answer)["auth"] as Fields | undefined);
  }

  async #login(): Promise<Ending<string>> {
    const { auth } = this.#options;
    if (auth.kind === "token") return this.#given(await readCredential(auth.file));
    const body =
      auth.kind === "kubernetes"
        ? { role: auth.role, jwt: await tokenOf(auth.tokenFile) }
        : { role_id: auth.roleId, secret_id: await readCredential(auth.secretIdFile) };
    const path = `auth/${auth.mount}/login`;
    const what = this.#placeOf("POST", path);
    const answer = succeeded(what, await this.#send("POST", path, undefined, body));
    return this.#leased(what, objectOf(what, answer)["auth"] as Fields | undefined);
  }

  async #given(token: string): Promise<Ending<string>> {
    const path = "auth/token/lookup-self";
    const what = this.#placeOf("GET", path);
    const answer = succeeded(what, await this.#send("GET", path, token));
    const { ttl, renewable } = (objectOf(what, answer)["data"] ?? {}) as Fields;
    return this.#leased(what, { client_token: token, lease_duration: ttl, renewable });
  }

  #leased(what: string, auth: Fields | undefined): Ending<string> {
    const token = textIn(what, auth, "client_token");
    const seconds = Number(auth?.["lease_duration"]);
    if (!(seconds >= 0)) throw new RemoteError(`${what}: the answer has no lease_duration`);
    this.#renewable = auth?.["renewable"] === true ? token : undefined;
    // A root token has no end.
    return { value: token, endsAt: seconds === 0 ? Number.POSITIVE_INFINITY : this.#options.now() + seconds * 1000 };
  }
}

/** Files of tokens are the kubelet's, and open to the pod's group. */
async function tokenOf(credential: Credential): Promise<string> {
  return typeof credential === "string" ? readToken(credential) : credential();
}

function succeeded(what: string, answer: RemoteAnswer): RemoteAnswer {
  if (answer.status === 200) return answer;
  throw new RemoteError(`${what}: HTTP status ${answer.status}${reasonsIn(answer.text)}`, {
    isAbsent: answer.status === 404,
  });
}

function reasonsIn(text: string): string {
  try {
    const { errors } = JSON.parse(text) as { readonly errors?: unknown };
    return Array.isArray(errors) && errors.length > 0 ? `: ${shortened(errors.join("; "))}` : "";
  } catch {
    return "";
  }
}

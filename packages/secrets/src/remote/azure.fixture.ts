import type { TestContext } from "node:test";
import { type FakeAzureKey, FakeAzureKeys } from "./azure-keys.fixture.ts";
import { FakeAzureSecrets } from "./azure-secrets.fixture.ts";
import { type FakeAnswer, type FakeRequest, startFake } from "./http-fake.fixture.ts";

/** What Azure answers of Key Vault, of its directory's tokens and of a machine's. */
export class FakeAzure {
  readonly vaultKeys = new FakeAzureKeys(() => this.url);
  readonly secrets = new FakeAzureSecrets(() => this.url);
  readonly calls: string[] = [];
  url = "";
  #tokens = 0;
  /** Whoever shows another one is sent away. */
  token = "";

  static async start(t: TestContext, tls?: Parameters<typeof startFake>[2]): Promise<FakeAzure> {
    const fake = new FakeAzure();
    fake.url = await startFake(t, (request) => fake.#answer(request), tls);
    return fake;
  }

  get keys(): FakeAzureKey[] {
    return this.vaultKeys.versions;
  }

  rotate(version: string): string {
    return this.vaultKeys.rotate(version);
  }

  #answer({ method, path, headers, body }: FakeRequest): FakeAnswer {
    const { pathname, searchParams } = new URL(path, this.url);
    this.calls.push(`${method} ${pathname}`);
    if (pathname.endsWith("/oauth2/v2.0/token")) return this.#login(pathname, new URLSearchParams(body));
    if (pathname === "/metadata/identity/oauth2/token") {
      if (headers["metadata"] !== "true" || searchParams.get("resource") !== this.url) return { status: 400, body: {} };
      return { status: 200, body: { access_token: this.#newToken(), expires_in: "3600" } };
    }
    if (headers["authorization"] !== `Bearer ${this.token}`)
      return {
        status: 401,
        headers: { "WWW-Authenticate": this.#challenge() },
        body: { error: { code: "Unauthorized", message: "AKV10000: Request is missing a Bearer token." } },
      };
    if (searchParams.get("api-version") !== "7.4") return { status: 400, body: {} };
    return pathname.startsWith("/keys")
      ? this.vaultKeys.answer(method, pathname, body)
      : this.secrets.answer(method, pathname, searchParams, body);
  }

  /** Whom clients of the vendor ask for a token, and for what. */
  #challenge(): string {
    return `Bearer authorization="${this.url}/tenant-1", resource="${this.url}"`;
  }

  #login(path: string, form: URLSearchParams): FakeAnswer {
    const isSecret = form.get("client_secret") === "canary-client-secret";
    const isAssertion =
      form.get("client_assertion") === "canary-jwt" &&
      form.get("client_assertion_type") === "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    const isAsked = form.get("scope") === `${this.url}/.default` && form.get("grant_type") === "client_credentials";
    if (
      !path.startsWith("/tenant-1/") ||
      form.get("client_id") !== "client-1" ||
      !isAsked ||
      (!isSecret && !isAssertion)
    )
      return {
        status: 401,
        body: { error: "invalid_client", error_description: "AADSTS7000215: Invalid client secret.\r\nTrace" },
      };
    return { status: 200, body: { token_type: "Bearer", expires_in: 3600, access_token: this.#newToken() } };
  }

  #newToken(): string {
    this.token = `canary-token-${++this.#tokens}`;
    return this.token;
  }
}

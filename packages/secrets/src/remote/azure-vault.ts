import type { KeptToken } from "./kept-token.ts";
import { objectOf, type Remote, RemoteError, shortened } from "./remote.ts";

/** Of the REST interface to keys and secrets. https://learn.microsoft.com/rest/api/keyvault */
const apiVersion = "7.4";

export interface AzureVaultDoor {
  readonly remote: Remote;
  readonly token: KeptToken<string>;
}

/** A request to Azure Key Vault; `url` without a query. Rejects with `RemoteError`. */
export async function askAzureVault(
  { remote, token }: AzureVaultDoor,
  method: "GET" | "POST",
  url: string,
  body?: object,
): Promise<{ readonly [field: string]: unknown }> {
  const send = async () =>
    remote.ask({
      method,
      url: `${url}${url.includes("?") ? "&" : "?"}api-version=${apiVersion}`,
      headers: {
        authorization: `Bearer ${await token.get()}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  let answer = await send();
  if (answer.status === 401) {
    token.forget();
    answer = await send();
  }
  const what = `Azure Key Vault ${method} ${url.split("?")[0]}`;
  if (answer.status === 200) return objectOf(what, answer);
  throw new RemoteError(`${what}: HTTP status ${answer.status}${reasonIn(answer.text)}`, {
    isAbsent: answer.status === 404,
  });
}

function reasonIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly code?: unknown; readonly message?: unknown } };
    return error === undefined ? "" : `: ${shortened(`${String(error.code)}: ${String(error.message)}`)}`;
  } catch {
    return "";
  }
}

import { fieldOf, PluginConfigError, stringAt } from "../config-fields.ts";
import type { CredentialKind, Environment } from "./credentials.ts";

const metadataEndpoint = "http://169.254.169.254/metadata/identity/oauth2/token";
const versions = { metadata: "2018-02-01", appService: "2019-08-01" } as const;
const defaultResource = "https://storage.azure.com/";

/** `azure_managed_identity`: a token of the machine's own identity. https://learn.microsoft.com/entra/identity/managed-identities-azure-resources */
export const azureManagedIdentity: CredentialKind = (config, { send, environment, isOci }) => {
  if (isOci) throw new PluginConfigError("OCI service not supported");
  const own = stringAt(config, "endpoint") ?? "";
  const fromEnvironment = own === "" ? (environment["IDENTITY_ENDPOINT"] ?? "") : "";
  const isAppService = fromEnvironment !== "" || fieldOf(config, "use_app_service_msi") === true;
  const query = new URLSearchParams({
    "api-version": stringAt(config, "api_version") || (isAppService ? versions.appService : versions.metadata),
    resource: stringAt(config, "resource") || defaultResource,
  });
  for (const name of ["object_id", "client_id", "mi_res_id"]) {
    const value = stringAt(config, name) ?? "";
    if (value !== "") query.set(name, value);
  }
  const url = `${own || fromEnvironment || metadataEndpoint}?${query}`;
  return {
    headersOf: async () => {
      const headers = isAppService ? { "x-identity-header": identityHeader(environment) } : { Metadata: "true" };
      const { status, text } = await send({ method: "GET", url, headers, body: undefined }, { isOwnTrust: false });
      if (status === 200) {
        const { access_token: token } = JSON.parse(text) as { readonly access_token: string };
        return { Authorization: `Bearer ${token}` };
      }
      throw new Error(`${status} retrieving azure token from ${url}: ${text.slice(0, 200)}`);
    },
  };
};

function identityHeader(environment: Environment): string {
  const value = environment["IDENTITY_HEADER"] ?? "";
  if (value === "") throw new Error("azure managed identities auth: IDENTITY_HEADER env var not found");
  return value;
}

import { PluginConfigError, stringAt, stringsAt } from "../config-fields.ts";
import type { CredentialKind } from "./credentials.ts";

const defaultEndpoint = "http://metadata.google.internal";
const accounts = "/computeMetadata/v1/instance/service-accounts/default";

const reasons: { readonly [status: number]: string } = { 400: "invalid request", 404: "not found" };

/** `gcp_metadata`: a token of the machine's own account, from Google's metadata service. https://cloud.google.com/compute/docs/access/authenticate-workloads */
export const gcpMetadata: CredentialKind = (config, { send }) => {
  const audience = stringAt(config, "audience") ?? "";
  const scopes = stringsAt(config, "scopes");
  if (audience === "" && scopes.length === 0)
    throw new PluginConfigError("audience or scopes is required when gcp metadata is enabled");
  if (audience !== "" && scopes.length > 0)
    throw new PluginConfigError("either audience or scopes can be set, not both, when gcp metadata is enabled");
  const endpoint = stringAt(config, "endpoint") || defaultEndpoint;
  const isIdentity = audience !== "";
  const path = isIdentity
    ? `${stringAt(config, "identity_token_path") || `${accounts}/identity`}?audience=${audience}`
    : `${stringAt(config, "access_token_path") || `${accounts}/token`}?scopes=${scopes.join(",")}`;
  const what = isIdentity ? "identity" : "access";
  return {
    headersOf: async () => {
      const request = {
        method: "GET",
        url: `${endpoint}${path}`,
        headers: { "Metadata-Flavor": "Google" },
        body: undefined,
      };
      const { status, text } = await send(request, { isOwnTrust: false });
      if (status !== 200)
        throw new Error(
          `error retrieving ${what} token from gcp metadata service: error retrieving gcp ID token from ${request.url} ${status}: ${reasons[status] ?? "unexpected error"}`,
        );
      const token = isIdentity ? text : (JSON.parse(text) as { readonly access_token: string }).access_token;
      return { Authorization: `Bearer ${token}` };
    },
  };
};

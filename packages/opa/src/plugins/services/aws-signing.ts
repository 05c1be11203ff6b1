import type { Value } from "@sallyport/rego";
import { fieldOf, PluginConfigError, stringAt } from "../config-fields.ts";
import {
  type AwsKeys,
  type AwsProvider,
  type AwsProviderKind,
  environmentCredentials,
  metadataCredentials,
  profileCredentials,
} from "./aws-credentials.ts";
import { assumeRoleCredentials, webIdentityCredentials } from "./aws-roles.ts";
import { signedHeaders } from "./aws-signature.ts";
import type { CredentialContext, CredentialKind } from "./credentials.ts";

/** In the order in which they are asked, as AWS's own tools do. */
const providers: readonly (readonly [name: string, kind: AwsProviderKind])[] = [
  ["environment_credentials", environmentCredentials],
  ["assume_role_credentials", assumeRoleCredentials],
  ["web_identity_credentials", webIdentityCredentials],
  ["profile_credentials", profileCredentials],
  ["metadata_credentials", metadataCredentials],
];

/** `s3_signing`: requests are signed with the first keys that can be had. */
export const awsSigning: CredentialKind = (config, context) => {
  const given = providersOf(config, context);
  // OPA asks ECR for a password of its own, with what is signed for it.
  if (context.isOci)
    throw new PluginConfigError("a registry of AWS is shown no signatures here; use bearer with its password");
  const service = (stringAt(config, "service") || "s3").toLowerCase();
  if (service === "ecr") throw new PluginConfigError('aws service "ecr" must be used with service type "oci"');
  const version = stringAt(config, "signature_version") || "4";
  if (version !== "4")
    throw new PluginConfigError(`signature_version ${JSON.stringify(version)} is not written here; 4 is`);
  const host = URL.canParse(context.url) ? new URL(context.url).host : "";
  return {
    headersOf: async (request) => {
      // After a redirect to elsewhere nobody is told who we are.
      if (new URL(request.url).host !== host) return {};
      return signedHeaders(request, service, await firstKeys(given), context.now());
    },
  };
};

function providersOf(config: Value, context: CredentialContext): readonly AwsProvider[] {
  if (fieldOf(config, "sso_credentials") !== undefined)
    throw new PluginConfigError("sso_credentials are for people; name credentials that need no browser");
  const given = providers.flatMap(([name, kind]) => {
    const own = fieldOf(config, name);
    return own === undefined ? [] : [kind(own, context)];
  });
  if (given.length === 0)
    throw new PluginConfigError("a AWS credential service must be specified when S3 signing is enabled");
  return given;
}

async function firstKeys(given: readonly AwsProvider[]): Promise<AwsKeys> {
  const faults: string[] = [];
  for (const provide of given) {
    try {
      return await provide();
    } catch (error) {
      faults.push((error as Error).message);
    }
  }
  throw new Error(`failed to get aws credentials: all AWS credential providers failed: ${faults.join("; ")}`);
}

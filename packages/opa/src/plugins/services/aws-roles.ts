import { readFileSync } from "node:fs";
import type { Value } from "@sallyport/rego";
import { fieldOf, PluginConfigError, stringAt } from "../config-fields.ts";
import {
  type AwsKeys,
  type AwsProviderKind,
  askProvider,
  environmentCredentials,
  kept,
  metadataCredentials,
  profileCredentials,
  regionOf,
  settingOf,
} from "./aws-credentials.ts";
import { signedHeaders } from "./aws-signature.ts";
import type { CredentialContext, Environment, Outgoing } from "./credentials.ts";

const defaultSession = "open-policy-agent";

/** `web_identity_credentials`: a role for the token of a service account. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export const webIdentityCredentials: AwsProviderKind = (config, context) =>
  kept(context, async () => {
    const role = settingOf(config, "iam_role_arn", context.environment, "AWS_ROLE_ARN");
    const file = settingOf(config, "web_identity_token_file", context.environment, "AWS_WEB_IDENTITY_TOKEN_FILE");
    const form = { Action: "AssumeRoleWithWebIdentity", RoleArn: role, WebIdentityToken: readFileSync(file, "utf8") };
    return askSts(config, form, context, (request) => Promise.resolve(request.headers));
  });

/** `assume_role_credentials`: a role for other keys of AWS. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export const assumeRoleCredentials: AwsProviderKind = (config, context) => {
  const source = sourceOf(fieldOf(config, "aws_signing") ?? {}, context);
  return kept(context, async () => {
    const form = {
      Action: "AssumeRole",
      RoleArn: settingOf(config, "iam_role_arn", context.environment, "AWS_ROLE_ARN"),
    };
    return askSts(config, form, context, async (request) => ({
      ...request.headers,
      ...(await signedHeaders(request, "sts", await source(), context.now())),
    }));
  });
};

const sources: { readonly [name: string]: AwsProviderKind } = {
  environment_credentials: environmentCredentials,
  profile_credentials: profileCredentials,
  web_identity_credentials: webIdentityCredentials,
  metadata_credentials: metadataCredentials,
};

function sourceOf(signing: Value, context: CredentialContext): ReturnType<AwsProviderKind> {
  const name = Object.keys(sources).find((each) => fieldOf(signing, each) !== undefined);
  if (name === undefined)
    throw new PluginConfigError(
      `assume_role_credentials.aws_signing: one of ${Object.keys(sources).join(", ")} is needed`,
    );
  return (sources[name] as AwsProviderKind)(fieldOf(signing, name) as Value, context);
}

async function askSts(
  config: Value,
  form: { readonly [name: string]: string },
  context: CredentialContext,
  headersOf: (request: Outgoing) => Promise<{ readonly [name: string]: string }>,
): Promise<{ readonly keys: AwsKeys; readonly ends: number }> {
  const region = regionOf(config, context.environment);
  const session = stringAt(config, "session_name") || defaultSession;
  const body = Buffer.from(
    new URLSearchParams({ ...form, RoleSessionName: session, Version: "2011-06-15" }).toString(),
  );
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const request: Outgoing = { method: "POST", url: stsUrl(config, region, context.environment), headers, body };
  const text = await askProvider(context, { ...request, headers: await headersOf(request) });
  const fieldIn = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? "";
  const keys = {
    accessKeyId: fieldIn("AccessKeyId"),
    secretAccessKey: fieldIn("SecretAccessKey"),
    sessionToken: fieldIn("SessionToken"),
    region,
  };
  if (keys.accessKeyId === "" || keys.secretAccessKey === "")
    throw new Error("failed to parse credential response from STS service");
  return { keys, ends: Date.parse(fieldIn("Expiration")) };
}

/** AWS's own tools take another place from `AWS_ENDPOINT_URL_STS`. */
function stsUrl(config: Value, region: string, environment: Environment): string {
  const own = environment["AWS_ENDPOINT_URL_STS"] ?? "";
  const domain = stringAt(config, "aws_domain") || environment["AWS_DOMAIN"] || "amazonaws.com";
  return own === "" ? `https://sts.${region}.${domain}/` : own;
}

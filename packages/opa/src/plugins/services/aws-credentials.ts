import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import type { Value } from "@sallyport/rego";
import { PluginConfigError, stringAt } from "../config-fields.ts";
import type { CredentialContext, Environment, Outgoing } from "./credentials.ts";

/** Who signs a request to AWS. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly region: string;
}

/** Where keys come from; rejects when they cannot be had. */
export type AwsProvider = () => Promise<AwsKeys>;

/** Keys that end sooner than this are fetched anew, as OPA. */
const marginMs = 5 * 60_000;

/** One kind of `s3_signing`'s credentials. Throws `PluginConfigError`. */
export type AwsProviderKind = (config: Value, context: CredentialContext) => AwsProvider;

/** `environment_credentials` */
export const environmentCredentials: AwsProviderKind =
  (_, { environment }) =>
  async () => ({
    accessKeyId: wantedOf(environment, "AWS_ACCESS_KEY_ID"),
    secretAccessKey: wantedOf(environment, "AWS_SECRET_ACCESS_KEY"),
    region: wantedOf(environment, "AWS_REGION"),
    sessionToken: environment["AWS_SESSION_TOKEN"] || environment["AWS_SECURITY_TOKEN"] || "",
  });

function wantedOf(environment: Environment, name: string): string {
  const value = environment[name] ?? "";
  if (value === "") throw new Error(`no ${name} set in environment`);
  return value;
}

/** `profile_credentials`: a section of AWS's file of credentials. */
export const profileCredentials: AwsProviderKind =
  (config, { environment }) =>
  async () => {
    const file =
      stringAt(config, "path") || environment["AWS_SHARED_CREDENTIALS_FILE"] || join(homedir(), ".aws", "credentials");
    const profile = stringAt(config, "profile") || environment["AWS_PROFILE"] || "default";
    const section = sectionOf(file, profile);
    const keyOf = (name: string): string => {
      const value = section[name] ?? "";
      if (value === "") throw new Error(`profile "${profile}" in credentials file ${file} does not contain "${name}"`);
      return value;
    };
    return {
      accessKeyId: keyOf("aws_access_key_id"),
      secretAccessKey: keyOf("aws_secret_access_key"),
      sessionToken: section["aws_session_token"] ?? "",
      region: regionOf(config, environment),
    };
  };

/** `[NAME]`, then lines of `key = value` to the next one. */
function sectionOf(file: string, profile: string): { readonly [name: string]: string | undefined } {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`failed to read credentials file: ${(error as Error).message}`);
  }
  const parts = text.split(/^\s*\[([^\]]*)\]\s*$/m);
  const at = parts.findIndex((part, i) => i % 2 === 1 && part.trim() === profile);
  if (at < 0) throw new Error(`failed to get profile: section "${profile}" does not exist`);
  return parseEnv(parts[at + 1] ?? "");
}

/** A field, or the variable that stands for it. */
export function settingOf(config: Value, field: string, environment: Environment, variable: string): string {
  const value = stringAt(config, field) || environment[variable] || "";
  if (value === "") throw new Error(`no ${variable} set in environment or configuration`);
  return value;
}

export function regionOf(config: Value, environment: Environment): string {
  return settingOf(config, "aws_region", environment, "AWS_REGION");
}

/** `metadata_credentials`: of a machine's role (IMDSv2) or a container's. */
export const metadataCredentials: AwsProviderKind = (config, context) => {
  const region = stringAt(config, "aws_region") ?? "";
  if (region === "")
    throw new PluginConfigError("at least aws_region must be specified for AWS metadata credential service");
  const role = stringAt(config, "iam_role") ?? "";
  return kept(context, async () => {
    const answer = JSON.parse(await askMetadata(role, context)) as { readonly [name: string]: string };
    if (role !== "" && answer["Code"] !== "Success")
      throw new Error(`metadata service query did not succeed: ${answer["Code"] ?? ""}`);
    return {
      keys: {
        accessKeyId: answer["AccessKeyId"] ?? "",
        secretAccessKey: answer["SecretAccessKey"] ?? "",
        sessionToken: answer["Token"] ?? "",
        region,
      },
      ends: Date.parse(answer["Expiration"] ?? ""),
    };
  });
};

const containerHost = "http://169.254.170.2";

async function askMetadata(role: string, context: CredentialContext): Promise<string> {
  const { environment } = context;
  const ask = (method: string, url: string, headers: Outgoing["headers"]) =>
    askProvider(context, { method, url, headers, body: undefined });
  const relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  const full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  const isContainer = relative !== undefined || full !== undefined;
  if (role === "" && !isContainer)
    throw new Error("metadata endpoint cannot be determined from settings and environment");
  const headers = { ...(full !== undefined && { Authorization: containerToken(environment) }) };
  if (isContainer && role === "")
    return ask("GET", relative === undefined ? (full as string) : `${containerHost}${relative}`, headers);
  const host = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || "http://169.254.169.254";
  const session = isContainer
    ? {}
    : {
        "X-aws-ec2-metadata-token": await ask("PUT", `${host}/latest/api/token`, {
          "X-aws-ec2-metadata-token-ttl-seconds": "60",
        }),
      };
  return ask("GET", `${host}/latest/meta-data/iam/security-credentials/${role}`, { ...headers, ...session });
}

function containerToken(environment: Environment): string {
  const file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
  const token = file === undefined ? environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] : readFileSync(file, "utf8");
  if (token === undefined) throw new Error("unable to get ECS metadata authorization token");
  return token;
}

/** Keys are kept until shortly before their end. */
export function kept(
  { now }: CredentialContext,
  fetchKeys: () => Promise<{ readonly keys: AwsKeys; readonly ends: number }>,
): AwsProvider {
  let known: { readonly keys: AwsKeys; readonly ends: number } | undefined;
  return async () => {
    if (known === undefined || !(known.ends - now() > marginMs)) known = await fetchKeys();
    return known.keys;
  };
}

/** Asks what gives credentials out, for a text. Its answers are secrets: no fault shows them. */
export async function askProvider({ send }: CredentialContext, request: Outgoing): Promise<string> {
  const { status, text } = await send(request, { isOwnTrust: false });
  if (status !== 200) throw new Error(`${request.method} ${request.url.split("?")[0]}: HTTP status ${status}`);
  return text;
}

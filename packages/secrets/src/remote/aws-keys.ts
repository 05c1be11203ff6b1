import type { Credential } from "../private-file.ts";
import { type Ending, KeptToken } from "./kept-token.ts";
import {
  type Environment,
  objectOf,
  type Remote,
  RemoteError,
  type RemoteRequest,
  readToken,
  textIn,
} from "./remote.ts";

/** Who signs a request to AWS. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface AwsContext {
  readonly region: string;
  readonly environment: Environment;
  readonly remote: Remote;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Keys as AWS's own tools find them: in the environment, for the token of a service account, from the container's agent, from the machine's
 * metadata (IMDSv2). Each rejects with `RemoteError`.
 */
export function awsKeys(context: AwsContext): () => Promise<AwsKeys> {
  const { environment, now } = context;
  if (environment["AWS_ACCESS_KEY_ID"]) return async () => keysOfEnvironment(environment);
  const fetchKeys =
    environment["AWS_WEB_IDENTITY_TOKEN_FILE"] && environment["AWS_ROLE_ARN"]
      ? keysOfWebIdentity
      : environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] || environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        ? keysOfContainer
        : keysOfMachine;
  const kept = new KeptToken(() => fetchKeys(context), now);
  return () => kept.get();
}

function keysOfEnvironment(environment: Environment): AwsKeys {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = environment;
  if (!accessKeyId || !secretAccessKey)
    throw new RemoteError("AWS_ACCESS_KEY_ID is set in the environment, AWS_SECRET_ACCESS_KEY is not");
  return { accessKeyId, secretAccessKey, ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }) };
}

async function keysOfWebIdentity(context: AwsContext): Promise<Ending<AwsKeys>> {
  const { AWS_ROLE_ARN: roleArn = "", AWS_WEB_IDENTITY_TOKEN_FILE: token = "" } = context.environment;
  return roleKeys(context, roleArn, token);
}

/** Of a role that a service account may take. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export function keysOfRole(context: AwsContext, roleArn: string, token: Credential): () => Promise<AwsKeys> {
  const kept = new KeptToken(() => roleKeys(context, roleArn, token), context.now);
  return () => kept.get();
}

async function roleKeys(
  { environment, region, remote }: AwsContext,
  roleArn: string,
  token: Credential,
): Promise<Ending<AwsKeys>> {
  const form = {
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: roleArn,
    RoleSessionName: environment["AWS_ROLE_SESSION_NAME"] || "sallyport",
    WebIdentityToken: typeof token === "string" ? await readToken(token) : await token(),
  };
  const { text } = await answerOf(remote, {
    method: "POST",
    url: `${awsEndpoint("sts", region, environment)}/`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  });
  const found = ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"].map(
    (name) => [name, new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? ""] as const,
  );
  const fields = Object.fromEntries(found);
  return endingKeys("AWS STS", { ...fields, Token: fields["SessionToken"] });
}

const containerHost = "http://169.254.170.2";

/** ECS, and EKS's Pod Identity. */
async function keysOfContainer({ environment, remote }: AwsContext): Promise<Ending<AwsKeys>> {
  const relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  const url = relative ? `${containerHost}${relative}` : (environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] as string);
  const file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
  const token = file ? await readToken(file) : environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"];
  const headers = token ? { authorization: token } : {};
  const answer = await answerOf(remote, { method: "GET", url, headers, isLocal: true });
  return endingKeys("the container's credentials", objectOf("the container's credentials", answer));
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html */
async function keysOfMachine({ environment, remote }: AwsContext): Promise<Ending<AwsKeys>> {
  const host = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] || "http://169.254.169.254";
  const ask = async (method: "GET" | "PUT", path: string, headers: RemoteRequest["headers"]) =>
    answerOf(remote, { method, url: `${host}/latest/${path}`, headers, isLocal: true });
  const session = await ask("PUT", "api/token", { "x-aws-ec2-metadata-token-ttl-seconds": "60" });
  const headers = { "x-aws-ec2-metadata-token": session.text };
  const path = "meta-data/iam/security-credentials/";
  const [role = ""] = (await ask("GET", path, headers)).text.trim().split("\n");
  const what = "the machine's metadata";
  return endingKeys(what, objectOf(what, await ask("GET", `${path}${role}`, headers)));
}

async function answerOf(remote: Remote, request: RemoteRequest): Promise<{ status: number; text: string }> {
  const answer = await remote.ask(request);
  if (answer.status === 200) return answer;
  // What comes with another status may name credentials.
  throw new RemoteError(`${request.method} ${request.url.split("?")[0]}: HTTP status ${answer.status}`);
}

function endingKeys(what: string, object: { readonly [field: string]: unknown }): Ending<AwsKeys> {
  const endsAt = Date.parse(textIn(what, object, "Expiration"));
  if (Number.isNaN(endsAt)) throw new RemoteError(`${what}: Expiration is no time`);
  return {
    value: {
      accessKeyId: textIn(what, object, "AccessKeyId"),
      secretAccessKey: textIn(what, object, "SecretAccessKey"),
      sessionToken: textIn(what, object, "Token"),
    },
    endsAt,
  };
}

/** Where a service of AWS answers: a variable of AWS's tools for it, or the region's own place. Without a slash at its end. */
export function awsEndpoint(service: string, region: string, environment: Environment): string {
  const own =
    environment[`AWS_ENDPOINT_URL_${service.toUpperCase().replace("SECRETSMANAGER", "SECRETS_MANAGER")}`] ||
    environment["AWS_ENDPOINT_URL"];
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return (own || `https://${service}.${region}.${domain}`).replace(/\/+$/, "");
}

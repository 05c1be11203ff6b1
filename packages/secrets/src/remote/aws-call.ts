import { type AwsContext, type AwsKeys, awsEndpoint } from "./aws-keys.ts";
import { objectOf, RemoteError, shortened } from "./remote.ts";

export interface AwsService extends AwsContext {
  /** As in its endpoint and in signatures: `kms`. */
  readonly service: string;
  /** What stands before an operation's name: `TrentService`. */
  readonly target: string;
  readonly keys: () => Promise<AwsKeys>;
}

/** Their texts repeat the headers that were signed, a session's token among them. */
const secretive = /signature/i;

/** An operation of AWS's JSON protocol, signed by Signature Version 4. Rejects with `RemoteError`. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
export async function callAws(
  aws: AwsService,
  operation: string,
  input: { readonly [field: string]: unknown },
): Promise<{ readonly [field: string]: unknown }> {
  const { service, region, environment, remote, target } = aws;
  const url = `${awsEndpoint(service, region, environment)}/`;
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `${target}.${operation}` };
  const body = JSON.stringify(input);
  const answer = await remote.ask({ method: "POST", url, body, headers: await signed(aws, url, headers, body) });
  const what = `AWS ${service} ${operation}`;
  // Some operations have nothing to tell.
  if (answer.status === 200) return answer.text === "" ? {} : objectOf(what, answer);
  const fault = faultOf(answer);
  throw new RemoteError(`${what}: ${fault}`, { isAbsent: /^(ResourceNotFound|NotFound)Exception\b/.test(fault) });
}

async function signed(
  { service, region, keys, now }: AwsService,
  url: string,
  headers: { readonly [name: string]: string },
  body: string,
): Promise<{ readonly [name: string]: string }> {
  const { AwsV4Signer } = await import("aws4fetch");
  const { accessKeyId, secretAccessKey, sessionToken } = await keys();
  const signer = new AwsV4Signer({
    method: "POST",
    url,
    headers: { ...headers },
    body,
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    service,
    region,
    datetime: new Date(now()).toISOString().replace(/[:-]|\.\d{3}/g, ""),
  });
  return Object.fromEntries((await signer.sign()).headers);
}

function faultOf({ status, text }: { readonly status: number; readonly text: string }): string {
  let told: { readonly __type?: unknown; readonly message?: unknown; readonly Message?: unknown } = {};
  try {
    told = JSON.parse(text) ?? {};
  } catch {
    // A proxy's page.
  }
  const type = typeof told.__type === "string" ? told.__type.replace(/^.*#/, "") : `HTTP status ${status}`;
  const message = told.message ?? told.Message;
  return typeof message !== "string" || message === "" || secretive.test(type)
    ? type
    : `${type}: ${shortened(message)}`;
}

import { type AwsContext, type AwsKeys, awsKeys, keysOfRole } from "../../remote/aws-keys.ts";
import { SourceError } from "../../source-error.ts";
import { AwsSecretsManager } from "../aws-secrets-manager.ts";
import type { SecretStore } from "../secret-store.ts";
import type { ServiceAccountRef, StoreContext } from "../store-context.ts";
import type { AwsSpec } from "../store-spec.ts";
import { remoteOf } from "./remote-of.ts";

const field = "spec.provider.aws";

/** What EKS reads of an account, and the audience of its tokens. */
const roleAnnotation = "eks.amazonaws.com/role-arn";
const audience = "sts.amazonaws.com";

/** AWS Secrets Manager. Rejects with `SourceError`. */
export async function openAwsStore(spec: AwsSpec, context: StoreContext): Promise<SecretStore> {
  const { service, region, role } = spec;
  if (service !== "SecretsManager")
    throw new SourceError(`${field}.service ${service}: expected SecretsManager; no other is supported`);
  if (!/^[a-z0-9-]+$/.test(region)) throw new SourceError(`${field}.region ${region}: expected one such as eu-west-1`);
  if (role !== undefined) throw new SourceError(`${field}.role is not supported; auth.jwt.serviceAccountRef is`);
  const remote = await remoteOf(context, undefined);
  const base: AwsContext = { region, environment: context.environment, remote, now: context.now };
  const keys = await keysOf(spec.auth ?? {}, base, context);
  const aws = { ...base, service: "secretsmanager", target: "secretsmanager", keys };
  return new AwsSecretsManager({ aws, close: () => remote.close() });
}

async function keysOf(
  { secretRef, jwt }: NonNullable<AwsSpec["auth"]>,
  base: AwsContext,
  { credentials, lendsOwn }: StoreContext,
): Promise<() => Promise<AwsKeys>> {
  if (secretRef !== undefined) {
    const { accessKeyIDSecretRef: id, secretAccessKeySecretRef: key, sessionTokenSecretRef: token } = secretRef;
    if (id === undefined || key === undefined)
      throw new SourceError(
        `${field}.auth.secretRef: accessKeyIDSecretRef and secretAccessKeySecretRef are both needed`,
      );
    return async () => ({
      accessKeyId: await credentials.secret(id),
      secretAccessKey: await credentials.secret(key),
      ...(token !== undefined && { sessionToken: await credentials.secret(token) }),
    });
  }
  if (jwt?.serviceAccountRef !== undefined) return accountKeys(jwt.serviceAccountRef, base, credentials);
  if (!lendsOwn) throw new SourceError(`${field}.auth: needed; this program's own credentials are not for this store`);
  return awsKeys(base);
}

async function accountKeys(
  account: ServiceAccountRef,
  base: AwsContext,
  credentials: StoreContext["credentials"],
): Promise<() => Promise<AwsKeys>> {
  const role = (await credentials.accountAnnotations(account))[roleAnnotation];
  if (!role) throw new SourceError(`service account ${account.name} has no annotation ${roleAnnotation}`);
  const audiences = [audience, ...(account.audiences ?? [])];
  return keysOfRole(base, role, () => credentials.accountToken(account, audiences));
}

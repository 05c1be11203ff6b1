import { type KubeObject, parseGoBool } from "@sallyport/kube";
import { envFromSecrets, envSecrets, type SecretUser } from "./pod-secrets.ts";
import { type PodSpec, specOf } from "./pod-spec.ts";

const annotation = "kubernetes.io/enforce-mountable-secrets";

interface Account extends KubeObject {
  readonly secrets?: readonly { readonly name: string }[];
  readonly imagePullSecrets?: readonly { readonly name: string }[];
}

/** Whether pods of a service account may refer only to secrets that the account lists. */
export function isStrict({ metadata }: KubeObject): boolean {
  return parseGoBool(metadata.annotations?.[annotation] ?? "") === true;
}

/** The first secret of a pod that its strict account does not list, in upstream's words. */
export function forbiddenSecret(pod: KubeObject, account: Account): string | undefined {
  const spec = specOf(pod);
  const listed = new Set((account.secrets ?? []).map(({ name }) => name));
  const volumes = (spec["volumes"] ?? []) as readonly { readonly secret?: { readonly secretName?: string } }[];
  const mounted = volumes.flatMap(({ secret }) => (secret === undefined ? [] : [secret.secretName ?? ""]));
  const volume = mounted.find((name) => !listed.has(name));
  if (volume !== undefined) return sentence(`volume with secret.secretName="${volume}"`, account);
  return (
    forbiddenVariable(spec, "initContainers", "init container", account, listed) ??
    forbiddenVariable(spec, "containers", "container", account, listed) ??
    forbiddenPullSecret(spec, account)
  );
}

/** The same of its ephemeral containers alone. */
export function forbiddenSecretOfEphemeral(pod: KubeObject, account: Account): string | undefined {
  const listed = new Set((account.secrets ?? []).map(({ name }) => name));
  return forbiddenVariable(specOf(pod), "ephemeralContainers", "ephemeral container", account, listed);
}

function forbiddenVariable(
  spec: PodSpec,
  list: "initContainers" | "containers" | "ephemeralContainers",
  what: string,
  account: Account,
  listed: ReadonlySet<string>,
): string | undefined {
  for (const user of (spec[list] ?? []) as readonly SecretUser[]) {
    const variable = envSecrets(user).find(({ secret }) => !listed.has(secret));
    if (variable !== undefined) {
      const place = `${what} ${user.name} with envVar ${variable.variable}`;
      return sentence(`${place} referencing secret.secretName="${variable.secret}"`, account);
    }
    const whole = envFromSecrets(user).find((secret) => !listed.has(secret));
    if (whole !== undefined)
      return sentence(`${what} ${user.name} with envFrom referencing secret.secretName="${whole}"`, account);
  }
  return undefined;
}

function forbiddenPullSecret(spec: PodSpec, account: Account): string | undefined {
  const listed = (account.imagePullSecrets ?? []).map(({ name }) => name);
  const used = (spec["imagePullSecrets"] ?? []) as readonly { readonly name?: string }[];
  const at = used.findIndex(({ name = "" }) => !listed.includes(name));
  return at < 0 ? undefined : sentence(`imagePullSecrets[${at}].name="${used[at]?.name}"`, account, "imagePullSecret");
}

function sentence(what: string, { metadata }: Account, reference = "secret"): string {
  return `${what} is not allowed because service account ${metadata.name} does not reference that ${reference}`;
}

import { type KubeObject, randomSuffix, StatusError } from "@sallyport/kube";
import type { Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { deny, denyWith, isCore, pass, skip } from "../refusals.ts";
import type { Request } from "../request.ts";
import type { Snapshot } from "../snapshot.ts";
import { forbiddenSecret, forbiddenSecretOfEphemeral, isStrict } from "./mountable-secrets.ts";
import { secretNames } from "./pod-secrets.ts";
import { mirrorAnnotation, specOf } from "./pod-spec.ts";

interface Container {
  readonly name: string;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}

interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly { readonly name: string }[];
  readonly imagePullSecrets?: readonly { readonly name: string }[];
}

const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const tokenPrefix = "kube-api-access-";

/** Seconds: an hour and a little, so that a kubelet that renews each hour is never late. */
const tokenExpirationSeconds = 3607;

/**
 * ServiceAccount: a pod without a service account gets `default`; the account must exist; its token is mounted as a projected
 * volume unless pod or account decline; its image pull secrets are taken over when the pod names none. Where the account is annotated
 * with `kubernetes.io/enforce-mountable-secrets`, the pod and its ephemeral containers may refer only to secrets that it lists. A
 * mirror pod gets nothing, and may refer to neither accounts nor secrets nor tokens.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#serviceaccount
 */
export const serviceAccount: Plugin = { name: "ServiceAccount", operations: ["CREATE", "UPDATE"], mutate, validate };

function mutate({ request, snapshot, effects }: PluginContext): PluginResult {
  if (request.operation !== "CREATE" || !isCore(request, "pods") || request.object === null) return skip("not a pod");
  if (isMirror(request.object)) return mirrorFault(request, request.object) ?? pass("belongs to its kubelet");
  const spec = (request.object["spec"] ?? {}) as PodSpec;
  const name = spec.serviceAccountName || "default";
  const account = snapshot.objects.get("", "serviceaccounts", request.namespace, name);
  if (account === undefined) return unknownAccount(request, name);
  const named = { ...spec, serviceAccountName: name, serviceAccount: name, ...pullSecrets(spec, account) };
  const mounted = wantsToken(spec, account)
    ? mountToken(named, () => tokenPrefix + randomSuffix(5, effects.randomBytes))
    : named;
  const pod = { ...request.object, spec: mounted };
  const fault = isStrict(account) ? forbiddenSecret(pod, account) : undefined;
  if (fault !== undefined) return deny(request, "secret-not-mountable", fault, "spec");
  return { outcome: "mutated", why: `service account ${name}`, object: pod };
}

function pullSecrets(spec: PodSpec, account: KubeObject): object {
  const secrets = (account["imagePullSecrets"] ?? []) as readonly { readonly name: string }[];
  return (spec.imagePullSecrets ?? []).length > 0 || secrets.length === 0 ? {} : { imagePullSecrets: secrets };
}

function wantsToken(spec: PodSpec, account: KubeObject): boolean {
  return spec.automountServiceAccountToken ?? (account["automountServiceAccountToken"] as boolean | undefined) ?? true;
}

/** Every container that mounts nothing at the place yet gets the token there. */
function mountToken(spec: PodSpec, createName: () => string): PodSpec {
  const existing = spec.volumes?.find((volume) => volume.name.startsWith(tokenPrefix))?.name;
  const volume = existing ?? createName();
  let used = false;
  const mount = (container: Container): Container => {
    if (container.volumeMounts?.some((each) => each.mountPath === mountPath)) return container;
    used = true;
    return {
      ...container,
      volumeMounts: [
        ...(container.volumeMounts ?? []),
        { name: volume, readOnly: true, mountPath } as { name: string; mountPath: string },
      ],
    };
  };
  const containers = (spec.containers ?? []).map(mount);
  const inits = spec.initContainers?.map(mount);
  const volumes = used && existing === undefined ? [...(spec.volumes ?? []), tokenVolume(volume)] : spec.volumes;
  return {
    ...spec,
    containers,
    ...(inits === undefined ? {} : { initContainers: inits }),
    ...(volumes === undefined ? {} : { volumes }),
  };
}

function tokenVolume(name: string): { readonly name: string; readonly projected: object } {
  const sources = [
    { serviceAccountToken: { expirationSeconds: tokenExpirationSeconds, path: "token" } },
    { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
    {
      downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] },
    },
  ];
  return { name, projected: { defaultMode: 420, sources } };
}

function validate({ request, snapshot }: PluginContext): PluginResult {
  if (isCore(request, "pods", "ephemeralcontainers")) return validateEphemeral(request, snapshot);
  if (request.operation !== "CREATE" || !isCore(request, "pods") || request.object === null) return skip("not a pod");
  const pod = request.object;
  if (isMirror(pod)) return mirrorFault(request, pod) ?? pass();
  const { serviceAccountName: name = "" } = specOf(pod);
  if (name === "")
    return deny(request, "service-account-missing", "no service account specified for pod", "spec.serviceAccountName");
  const account = snapshot.objects.get("", "serviceaccounts", request.namespace, name);
  if (account === undefined) return unknownAccount(request, name);
  const fault = isStrict(account) ? forbiddenSecret(pod, account) : undefined;
  return fault === undefined ? pass() : deny(request, "secret-not-mountable", fault, "spec");
}

/** Upstream answers it as a plain error, not as Forbidden. */
function validateEphemeral({ object, namespace }: Request, { objects }: Snapshot): PluginResult {
  if (object === null) return skip("not a pod");
  const account = objects.get("", "serviceaccounts", namespace, specOf(object).serviceAccountName ?? "");
  const isLimited = account !== undefined && isStrict(account);
  const message = isLimited ? forbiddenSecretOfEphemeral(object, account) : undefined;
  if (message === undefined) return pass();
  const fieldPath = "spec.ephemeralContainers";
  return denyWith(new StatusError(undefined, message), [{ code: "secret-not-mountable", message, fieldPath }]);
}

function isMirror(pod: KubeObject): boolean {
  return pod.metadata.annotations?.[mirrorAnnotation] !== undefined;
}

/** A kubelet shows a static pod by it, which cannot have anything of the API. */
function mirrorFault(request: Request, pod: KubeObject): PluginResult | undefined {
  const spec = specOf(pod);
  const refuse = (what: string, field: string) => deny(request, "mirror-pod", `a mirror pod may not ${what}`, field);
  if (spec.serviceAccountName) return refuse("reference service accounts", "spec.serviceAccountName");
  if (secretNames(spec).length > 0) return refuse("reference secrets", "spec");
  const volumes = (spec["volumes"] ?? []) as readonly {
    readonly projected?: { readonly sources?: readonly object[] };
  }[];
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? []);
  return sources.some((source) => "serviceAccountToken" in source)
    ? refuse("use ServiceAccountToken volume projections", "spec.volumes")
    : undefined;
}

function unknownAccount(request: Request, name: string): PluginResult {
  const message = `error looking up service account ${request.namespace}/${name}: serviceaccount "${name}" not found`;
  return deny(request, "service-account-not-found", message, "spec.serviceAccountName");
}

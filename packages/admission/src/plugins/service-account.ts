import { type KubeObject, randomSuffix } from "@sallyport/kube";
import type { Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { deny, isCore, pass, skip } from "../refusals.ts";
import { mirrorAnnotation } from "./pod-spec.ts";

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
 * volume unless pod or account decline; its image pull secrets are taken over when the pod names none.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#serviceaccount
 */
export const serviceAccount: Plugin = { name: "ServiceAccount", operations: ["CREATE"], mutate, validate };

function mutate({ request, snapshot, effects }: PluginContext): PluginResult {
  if (!isCore(request, "pods") || request.object === null) return skip("not a pod");
  if (request.object.metadata.annotations?.[mirrorAnnotation] !== undefined)
    return pass("mirror pods belong to their kubelet");
  const spec = (request.object["spec"] ?? {}) as PodSpec;
  const name = spec.serviceAccountName || "default";
  const account = snapshot.objects.get("", "serviceaccounts", request.namespace, name);
  if (account === undefined) {
    return deny(
      request,
      "service-account-not-found",
      `error looking up service account ${request.namespace}/${name}: serviceaccount "${name}" not found`,
      "spec.serviceAccountName",
    );
  }
  const named = { ...spec, serviceAccountName: name, serviceAccount: name, ...pullSecrets(spec, account) };
  const mounted = wantsToken(spec, account)
    ? mountToken(named, () => tokenPrefix + randomSuffix(5, effects.randomBytes))
    : named;
  return { outcome: "mutated", why: `service account ${name}`, object: { ...request.object, spec: mounted } };
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
  if (!isCore(request, "pods") || request.object === null) return skip("not a pod");
  const spec = (request.object["spec"] ?? {}) as PodSpec;
  if (request.object.metadata.annotations?.[mirrorAnnotation] !== undefined) {
    return spec.serviceAccountName
      ? deny(request, "mirror-pod", "a mirror pod may not reference service accounts", "spec.serviceAccountName")
      : pass();
  }
  if (!spec.serviceAccountName)
    return deny(request, "service-account-missing", "no service account specified for pod", "spec.serviceAccountName");
  const account = snapshot.objects.get("", "serviceaccounts", request.namespace, spec.serviceAccountName);
  return account === undefined
    ? deny(
        request,
        "service-account-not-found",
        `service account ${request.namespace}/${spec.serviceAccountName} was not found`,
        "spec.serviceAccountName",
      )
    : pass();
}

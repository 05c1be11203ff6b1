import type { KubeObject } from "@sallyport/kube";
import type { PluginResult } from "../plugin.ts";
import { existing } from "../refusals.ts";
import { type NodeContext, quoted, refuse } from "./node-restriction-rule.ts";
import { specOf } from "./pod-spec.ts";

interface TokenRequestSpec {
  readonly audiences?: readonly string[];
  readonly boundObjectRef?: {
    readonly apiVersion?: string;
    readonly kind?: string;
    readonly name?: string;
    readonly uid?: string;
  };
}

/** A token of a service account: bound to a pod of the node, for an audience that the pod's volumes name (KEP-4193, 4412). */
export async function requestToken(context: NodeContext): Promise<PluginResult | undefined> {
  const { request, snapshot, node } = context;
  if (request.operation !== "CREATE" || request.subResource !== "token") return undefined;
  const spec = (request.object?.["spec"] ?? {}) as TokenRequestSpec;
  const { apiVersion, kind, name, uid } = spec.boundObjectRef ?? {};
  if (apiVersion !== "v1" || kind !== "Pod" || !name) return refuse(context, "node requested token not bound to a pod");
  if (!uid) return refuse(context, "node requested token with a pod binding without a uid");
  const pod = existing(snapshot.objects.get("", "pods", request.namespace, name), "pod", name);
  if (uid !== pod.metadata.uid) {
    const message = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    return refuse(context, message);
  }
  if (specOf(pod).nodeName !== node)
    return refuse(context, "node requested token bound to a pod scheduled on a different node");
  const fault = await audienceFault(context, pod, spec.audiences ?? []);
  return fault === undefined ? undefined : refuse(context, fault, "spec.audiences");
}

async function audienceFault(
  { request, snapshot }: NodeContext,
  pod: KubeObject,
  audiences: readonly string[],
): Promise<string | undefined> {
  if (audiences.length > 1) return "node may only request 0 or 1 audiences";
  const [audience = ""] = audiences;
  const volumes = (specOf(pod)["volumes"] ?? []) as readonly Volume[];
  const drivers = volumes.flatMap((volume) => driverOf(volume, pod, snapshot.objects.get));
  const isMounted = volumes.some((volume) => projects(volume, audience));
  if (isMounted || drivers.some((driver) => requestsAudience(driver, audience))) return undefined;
  const { username } = request.userInfo;
  const { allowed } = await snapshot.authorizer.authorize({
    user: request.userInfo,
    verb: "request-serviceaccounts-token-audience",
    group: "",
    version: "*",
    resource: audience,
    namespace: request.namespace,
    name: request.name,
  });
  return allowed ? undefined : `${username} is not authorized to request tokens for audience ${quoted(audience)}`;
}

interface Volume {
  readonly name: string;
  readonly projected?: {
    readonly sources?: readonly { readonly serviceAccountToken?: { readonly audience?: string } }[];
  };
  readonly ephemeral?: { readonly volumeClaimTemplate?: unknown };
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly csi?: { readonly driver: string };
}

function projects({ projected }: Volume, audience: string): boolean {
  return (projected?.sources ?? []).some(
    ({ serviceAccountToken: token }) => token !== undefined && (token.audience ?? "") === audience,
  );
}

type Get = NodeContext["snapshot"]["objects"]["get"];

/** The CSI driver behind a volume, which asks for tokens on the pod's behalf. */
function driverOf(volume: Volume, pod: KubeObject, get: Get): readonly KubeObject[] {
  const claim = volume.ephemeral?.volumeClaimTemplate
    ? `${pod.metadata.name}-${volume.name}`
    : volume.persistentVolumeClaim?.claimName;
  const name = claim === undefined ? volume.csi?.driver : driverOfClaim(pod.metadata.namespace ?? "", claim, get);
  const driver = name === undefined ? undefined : get("storage.k8s.io", "csidrivers", "", name);
  return driver === undefined ? [] : [driver];
}

function driverOfClaim(namespace: string, name: string, get: Get): string | undefined {
  const claim = get("", "persistentvolumeclaims", namespace, name)?.["spec"] as
    | { readonly volumeName?: string }
    | undefined;
  const volume = get("", "persistentvolumes", "", claim?.volumeName ?? "")?.["spec"] as
    | { readonly csi?: { readonly driver: string } }
    | undefined;
  return volume?.csi?.driver;
}

function requestsAudience(driver: KubeObject, audience: string): boolean {
  const { tokenRequests = [] } = (driver["spec"] ?? {}) as {
    readonly tokenRequests?: readonly { audience?: string }[];
  };
  return tokenRequests.some((each) => (each.audience ?? "") === audience);
}

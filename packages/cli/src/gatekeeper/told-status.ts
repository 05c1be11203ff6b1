import { type Client, unlessGone } from "@sallyport/cluster";
import type { PodStatus } from "@sallyport/constraints";
import { type KubeObject, StatusError } from "@sallyport/kube";

/** Where statuses by pod lie; made where it is not there. */
export async function ensureNamespace(client: Client, namespace: string): Promise<void> {
  try {
    await client.ask(`/api/v1/namespaces/${namespace}`);
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.reason !== "NotFound") throw error;
    await client.ask("/api/v1/namespaces", { method: "POST", body: { metadata: { name: namespace } } });
  }
}

/** Writes what this process says of an object; answers where it lies, and what all processes say of it, as `status.byPod` has it. */
export async function tellPodStatus(
  client: Client,
  { object, resource, selector }: PodStatus,
): Promise<{ readonly path: string; readonly byPod: readonly unknown[] }> {
  const folder = `/apis/${object.apiVersion}/namespaces/${object.metadata.namespace}/${resource}`;
  const path = `${folder}/${object.metadata.name}`;
  await applyAsGatekeeper(client, path, object);
  const labelSelector = Object.entries(selector)
    .map(([label, value]) => `${label}=${value}`)
    .join(",");
  const all = await client.page(folder, { labelSelector });
  return { path, byPod: all.items.map((each) => each["status"]).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1)) };
}

/** The object's own status, at the path of the object; one that is gone needs none. */
export async function writeStatus(client: Client, path: string, status: object): Promise<void> {
  await unlessGone(
    client.ask(`${path}/status`, { method: "PATCH", type: "application/merge-patch+json", body: { status } }),
  );
}

export async function applyAsGatekeeper(client: Client, path: string, body: KubeObject): Promise<void> {
  await client.ask(`${path}?fieldManager=gatekeeper&force=true`, {
    method: "PATCH",
    type: "application/apply-patch+yaml",
    body,
  });
}

function idOf(status: unknown): string {
  return String((status as { readonly id?: string } | undefined)?.id);
}

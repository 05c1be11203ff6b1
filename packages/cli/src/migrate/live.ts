import type { Client } from "@sallyport/cluster";
import { type KubeObject, StatusError } from "@sallyport/kube";
import { InputError, type Manifest } from "../manifests.ts";

/** What decisions of PodSecurityPolicies depend on, and what runs pods; of several versions the first that is served. */
const paths: readonly (readonly string[])[] = [
  ["/apis/policy/v1beta1/podsecuritypolicies"],
  ["/api/v1/namespaces"],
  ["/api/v1/serviceaccounts"],
  ["/apis/rbac.authorization.k8s.io/v1/roles"],
  ["/apis/rbac.authorization.k8s.io/v1/clusterroles"],
  ["/apis/rbac.authorization.k8s.io/v1/rolebindings"],
  ["/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"],
  ["/apis/apps/v1/deployments"],
  ["/apis/apps/v1/statefulsets"],
  ["/apis/apps/v1/daemonsets"],
  ["/apis/apps/v1/replicasets"],
  ["/api/v1/replicationcontrollers"],
  ["/apis/batch/v1/cronjobs", "/apis/batch/v1beta1/cronjobs"],
  ["/apis/batch/v1/jobs"],
  ["/api/v1/pods"],
];

/** Objects of one page: what an API server of 1 GiB answers without trouble. */
const pageSize = "500";

/**
 * What a cluster holds that has to do with PodSecurityPolicies. What another workload of it made is left out: the pods of a ReplicaSet, and
 * the ReplicaSets of a Deployment. Throws `InputError` where there are no such policies any more, `StatusError` and `ConnectionError`.
 */
export async function readLive(client: Client, place: string): Promise<readonly Manifest[]> {
  const objects: KubeObject[] = [];
  for (const versions of paths) objects.push(...(await firstServed(client, versions, place)));
  const ids = new Set(objects.map(({ metadata }) => metadata.uid));
  const isMade = ({ metadata }: KubeObject) =>
    (metadata.ownerReferences ?? []).some(({ controller, uid }) => controller === true && ids.has(uid));
  return objects
    .filter((object) => !isMade(object))
    .map((object, i) => ({ file: place, line: i + 1, value: asWritten(object) as never }));
}

async function firstServed(
  client: Client,
  [path = "", ...others]: readonly string[],
  place: string,
): Promise<readonly KubeObject[]> {
  try {
    return await allOf(client, path);
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.code !== 404) throw error;
    if (others.length > 0) return firstServed(client, others, place);
    if (path.endsWith("podsecuritypolicies"))
      throw new InputError(`${place}: no PodSecurityPolicies are served there; Kubernetes has none since 1.25`);
    return [];
  }
}

async function allOf(client: Client, path: string): Promise<readonly KubeObject[]> {
  const objects: KubeObject[] = [];
  let from = "";
  do {
    const page = await client.page(path, { limit: pageSize, ...(from === "" ? {} : { continue: from }) });
    objects.push(...page.items);
    from = page.continue;
  } while (from !== "");
  return objects;
}

/** Without what the server wrote itself. */
function asWritten({ apiVersion, kind, metadata, status: _, ...rest }: KubeObject): KubeObject {
  const { name, namespace, labels, annotations } = metadata;
  const kept = Object.entries({ name, namespace, labels, annotations }).filter(([, value]) => value !== undefined);
  return {
    apiVersion: apiVersion.replace("batch/v1beta1", "batch/v1"),
    kind,
    metadata: Object.fromEntries(kept),
    ...rest,
  };
}

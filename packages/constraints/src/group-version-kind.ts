import { type GroupVersionKind, type KubeObject, parseApiVersion } from "@sallyport/kube";

export function kindOf({ apiVersion, kind }: KubeObject): GroupVersionKind {
  return { ...parseApiVersion(apiVersion), kind };
}

/** As Go prints a GroupVersionKind: `apps/v1, Kind=Deployment`. */
export function gvkText({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}, Kind=${kind}`;
}

/** An object as gator names it in errors: `/v1, Kind=Pod default/web`. */
export function objectText(object: KubeObject): string {
  const { name = "", namespace = "" } = object.metadata;
  return `${gvkText(kindOf(object))} ${namespace}/${name}`;
}

import { apiVersionOf, emptyObject, type KubeObject, type ResourceInfo } from "@sallyport/kube";

type Fields = { readonly [field: string]: unknown };

/** Fields of kinds that Go writes when nothing was said of them, although an object that is stored never lacks them. */
const unsaid: { readonly [resource: string]: Fields } = {
  "apps/controllerrevisions": { data: null },
  "apps/daemonsets": { spec: { selector: null } },
  "apps/deployments": { spec: { replicas: 0, selector: null } },
  "apps/replicasets": { spec: { replicas: 0, selector: null } },
  "apps/statefulsets": { spec: { replicas: 0, selector: null } },
  "certificates.k8s.io/certificatesigningrequests": { spec: { request: null } },
  "certificates.k8s.io/podcertificaterequests": { spec: { stubPKCS10Request: null } },
};

/** The object of a BOOKMARK: empty but for the revision, and for what says that what was there at first is told of. */
export function bookmarkOf(info: ResourceInfo, revision: number, endsInitial: boolean): KubeObject {
  const resource = `${info.group}/${info.resource}`;
  const annotations = {
    // A count of the internal type, which its version keeps here.
    ...(resource === "apps/daemonsets" ? { "deprecated.daemonset.template.generation": "0" } : {}),
    ...(endsInitial ? { "k8s.io/initial-events-end": "true" } : {}),
  };
  const metadata = {
    resourceVersion: String(revision),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
  const empty = emptyObject(info) as Fields;
  const { spec, ...more } = info.custom === undefined ? (unsaid[resource] ?? {}) : {};
  const said = spec === undefined ? {} : { spec: { ...(spec as Fields), ...(empty["spec"] as Fields) } };
  return { kind: info.kind, apiVersion: apiVersionOf(info), ...empty, ...more, ...said, metadata } as KubeObject;
}

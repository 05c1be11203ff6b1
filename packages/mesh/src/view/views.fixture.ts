import { type KubeObject, parseYamlDocuments } from "@sallyport/kube";
import { type MeshView, meshView, type ViewOptions } from "./mesh-view.ts";
import type { PlacedObject } from "./placed-object.ts";

/** Objects of one YAML text, in the namespace `shop` where they name none, each with its place by document: `#0`. */
export function objectsOf(yaml: string): readonly PlacedObject[] {
  return parseYamlDocuments(yaml).documents.map((document, place) => {
    const object = document.toJS() as KubeObject;
    const isOfCluster = object.kind === "Namespace" || object.kind.endsWith("WebhookConfiguration");
    const metadata = isOfCluster ? object.metadata : { namespace: "shop", ...object.metadata };
    return { object: { ...object, metadata }, place: `#${place}` };
  });
}

export function viewOf(yaml: string, options?: ViewOptions): MeshView {
  return meshView(objectsOf(yaml), options);
}

/** A namespace of the mesh. */
export const shop = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
`;

/** A Deployment with one container, its ports and more of its pods' metadata and spec. */
export function deployment(
  name: string,
  more: {
    readonly ports?: string;
    readonly metadata?: string;
    readonly container?: string;
    readonly spec?: string;
    readonly namespace?: string;
  } = {},
): string {
  const { ports = "", metadata = "", container = "", spec = "", namespace = "shop" } = more;
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} }${metadata === "" ? "" : `, ${metadata}`} }
    spec:
      serviceAccountName: ${name}
      ${spec}
      containers: [{ name: c, image: i, ports: [${ports}]${container === "" ? "" : `, ${container}`} }]
`;
}

/** A Service of the same name, that selects by `app`. */
export function service(name: string, ports: string, more = ""): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop, labels: { app: ${name} } }
spec: { selector: { app: ${name} }, ports: [${ports}]${more === "" ? "" : `, ${more}`} }
`;
}

/** Texts of objects as one. */
export function yamlOf(...documents: readonly string[]): string {
  return documents.map((each) => each.trim()).join("\n---\n");
}

/** What `sallyport install` sets up. */
export interface InstallOptions {
  readonly namespace: string;
  readonly name: string;
  readonly image: string;
  readonly replicas: number | string;
  /** Arguments of `sallyport webhook` beside those that follow from the rest. */
  readonly args: readonly string[];
  /** What the webhook is asked about: `pods`, `deployments.apps`, `pods/ephemeralcontainers`; `*.*` is all of every group. */
  readonly resources: readonly string[];
  /** What it lists and watches: as little as its policies and plugins read. */
  readonly reads: readonly string[];
  /** It asks what subjects may do. */
  readonly asksAuthorizer: boolean;
  /** It changes objects, too. */
  readonly mutates: boolean;
  readonly failurePolicy: "Fail" | "Ignore" | string;
  readonly timeoutSeconds: number | string;
  /** It gives pods sidecars, too: which ones it is asked about, and the CustomResourceDefinitions of the mesh's kinds. */
  readonly mesh?: {
    readonly definitions: readonly Manifest[];
    readonly entries: readonly {
      readonly name: string;
      readonly namespaceSelector: object;
      readonly objectSelector: object;
    }[];
  };
  /** It does Gatekeeper's job, too; the CustomResourceDefinitions of Gatekeeper's kinds. */
  readonly gatekeeper?: { readonly definitions: readonly Manifest[] };
  /**
   * A Secret of type kubernetes.io/tls in the namespace, which somebody else keeps: its certificate is served. Without it the replicas
   * make one, keep it in a Secret of their own, and write the caBundle.
   */
  readonly tlsSecret?: string;
  /** Base64 of the PEM of who signed that certificate. */
  readonly caBundle?: string;
  /** Namespaces that are never asked about: a broken policy must not keep a cluster from being mended. */
  readonly excludedNamespaces: readonly string[] | string;
}

// biome-ignore lint/suspicious/noExplicitAny: manifests of all kinds
export type Manifest = { readonly apiVersion: string; readonly kind: string; readonly metadata: any } & {
  // biome-ignore lint/suspicious/noExplicitAny: manifests of all kinds
  readonly [field: string]: any;
};

/** `deployments.apps` as group and resource. */
export function resourceOf(name: string): { readonly group: string; readonly resource: string } {
  const dot = name.indexOf(".");
  if (dot < 0) return { group: "", resource: name };
  const [resource, slash = ""] = name.slice(0, dot).split("/");
  const [group = "", sub = slash] = name.slice(dot + 1).split("/");
  return { group, resource: sub === "" ? (resource ?? "") : `${resource}/${sub}` };
}

/** Resources by their groups, in the order in which they come. */
export function byGroup(names: readonly string[]): readonly (readonly [group: string, resources: readonly string[]])[] {
  const groups = new Map<string, string[]>();
  for (const { group, resource } of names.map(resourceOf)) groups.set(group, [...(groups.get(group) ?? []), resource]);
  return [...groups];
}

export function labelsOf(name: string): { readonly [key: string]: string } {
  return { "app.kubernetes.io/name": name };
}

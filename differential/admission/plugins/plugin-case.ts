import { findKind, type KubeObject, parseApiVersion } from "@sallyport/kube";
import type { Step } from "../../apiserver/scenario.ts";

/** Requests that belong together: each part waits until both servers have seen what the part before has made. */
export interface PluginCase {
  readonly name: string;
  readonly parts: readonly (readonly Step[])[];
}

/** Who asks; the administrator unless said. */
export type User = "clerk" | "smith" | "node1" | "node2";

const groups: { readonly [user in User]: string } = {
  clerk: "staff",
  smith: "staff",
  node1: "system:nodes",
  node2: "system:nodes",
};

/** The same request, as somebody else. */
export function as(user: User, step: Step): Step {
  const name = user.startsWith("node") ? `system:node:${user}` : user;
  return { ...step, headers: { ...step.headers, "impersonate-user": name, "impersonate-group": groups[user] } };
}

/** Where an object lies; `sub` is a subresource. */
function placeOf({ apiVersion, kind, metadata }: KubeObject, sub?: string): { collection: string; item: string } {
  const { group, version } = parseApiVersion(apiVersion);
  const info = findKind(group, version, kind);
  if (info === undefined) throw new Error(`no such kind: ${apiVersion} ${kind}`);
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const collection = `${root}${info.namespaced ? `/namespaces/${metadata.namespace}` : ""}/${info.resource}`;
  return { collection, item: `${collection}/${metadata.name}${sub === undefined ? "" : `/${sub}`}` };
}

export function create(body: KubeObject): Step {
  return { method: "POST", path: placeOf(body).collection, body };
}

/** Sends an object to a subresource of another one. */
export function send(to: KubeObject, sub: string, body: object): Step {
  return { method: "POST", path: placeOf(to, sub).item, body };
}

export function replace(body: KubeObject, sub?: string): Step {
  return { method: "PUT", path: placeOf(body, sub).item, body };
}

/** A merge patch. */
export function patch(object: KubeObject, body: object, sub?: string): Step {
  return { method: "PATCH", path: placeOf(object, sub).item, type: "application/merge-patch+json", body };
}

export function remove(object: KubeObject): Step {
  return { method: "DELETE", path: placeOf(object).item };
}

export function read(object: KubeObject): Step {
  return { method: "GET", path: placeOf(object).item };
}

/** Nothing is stored. */
export function dry(step: Step): Step {
  return { ...step, path: `${step.path}${step.path.includes("?") ? "&" : "?"}dryRun=All` };
}

export function object(apiVersion: string, kind: string, name: string, fields: object = {}, namespace?: string) {
  const { metadata, ...rest } = fields as { readonly metadata?: object };
  return {
    apiVersion,
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...metadata },
    ...rest,
  } as KubeObject;
}

/** A Deployment `d` of one container. */
export function deployment(namespace: string, container: object = {}): KubeObject {
  const template = {
    metadata: { labels: { a: "b" } },
    spec: { containers: [{ name: "c", image: "x", ...container }] },
  };
  return object("apps/v1", "Deployment", "d", { spec: { selector: { matchLabels: { a: "b" } }, template } }, namespace);
}

/** A namespace with its service account, which no controller makes. */
export function space(name: string, metadata: object = {}): readonly Step[] {
  return [
    create(object("v1", "Namespace", name, { metadata })),
    create(object("v1", "ServiceAccount", "default", {}, name)),
  ];
}

type Fields = { readonly [field: string]: unknown };

/** A pod of one container; `container` and `spec` add fields, `metadata` too. */
export function pod(namespace: string, name: string, { container, metadata, ...spec }: Fields = {}): KubeObject {
  const containers = [{ name: "main", image: "registry.example.com/app:1", ...(container as object | undefined) }];
  return object(
    "v1",
    "Pod",
    name,
    { ...(metadata === undefined ? {} : { metadata }), spec: { containers, ...spec } },
    namespace,
  );
}

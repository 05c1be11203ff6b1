import type { ResourceInfo } from "./catalogue.ts";

/** A query parameter of the API. */
export interface Parameter {
  readonly name: string;
  readonly type: "boolean" | "integer" | "string";
  readonly description: string;
}

/** What can be done at one path, as both versions of OpenAPI tell it. */
export interface Operation {
  readonly method: "delete" | "get" | "head" | "options" | "patch" | "post" | "put";
  /** As kube-apiserver's `x-kubernetes-action`. */
  readonly action: string;
  /** kube-apiserver's, by which generated clients name their functions: `listCoreV1NamespacedPod`. */
  readonly operationId: string;
  /** What generated clients put into one class: `core_v1`. */
  readonly tag: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** Names of the schemas of what is sent, and of what is answered. */
  readonly body?: string;
  readonly answer?: string;
  /** Codes that an answer with an object has; what the server refuses without one is told of each operation. */
  readonly codes: readonly number[];
  /** Neither side speaks JSON: a stream, or whatever a proxy leads to. */
  readonly isConnect: boolean;
  /** The kind of what is sent or answered, which may be of another group than the resource: `autoscaling/v1 Scale`. */
  readonly of: { readonly group: string; readonly kind: string; readonly version: string };
}

export interface Place {
  readonly path: string;
  readonly operations: readonly Operation[];
}

const text = (name: string, description: string): Parameter => ({ name, type: "string", description });
const flag = (name: string, description: string): Parameter => ({ name, type: "boolean", description });
const number = (name: string, description: string): Parameter => ({ name, type: "integer", description });

const dryRun = text("dryRun", "All: go through all stages of the request, but store nothing.");
const writeParameters: readonly Parameter[] = [
  dryRun,
  text("fieldManager", "Who is to own the fields that the request changes; from the user agent unless given."),
  text("fieldValidation", "Unknown and repeated fields: Ignore them, Warn (which is the default), or Strict: refuse."),
];
const deleteParameters: readonly Parameter[] = [
  dryRun,
  number("gracePeriodSeconds", "How many seconds the object has to end; 0 ends it at once."),
  text("propagationPolicy", "What becomes of what the object owns: Orphan, Background or Foreground."),
];
/** Of lists and watches. */
export const listParameters: readonly Parameter[] = [
  flag("allowWatchBookmarks", "Has a watch also tell, by events of type BOOKMARK, how far it has come."),
  text("continue", "Goes on with a list where the last page ended; the server gave it with that page."),
  text("fieldSelector", "Restricts the list of returned objects by their fields."),
  text("labelSelector", "Restricts the list of returned objects by their labels."),
  number("limit", "The most objects that one answer may have; the rest is asked for with continue."),
  text("resourceVersion", "How new the data must be, or where a watch begins."),
  text("resourceVersionMatch", "How resourceVersion is meant: Exact or NotOlderThan."),
  flag("sendInitialEvents", "Has a watch begin with an event for each object that is there."),
  number("timeoutSeconds", "Ends the list or watch after so many seconds."),
  flag("watch", "Watch for changes to the described resources: they come as a stream of events."),
];

const parametersOf: { readonly [verb: string]: readonly Parameter[] } = {
  list: listParameters,
  create: writeParameters,
  update: writeParameters,
  patch: [...writeParameters, flag("force", "Takes fields from their owners, in a server-side apply.")],
  delete: deleteParameters,
  deletecollection: [...deleteParameters, ...listParameters.filter(({ name }) => !/watch/i.test(name))],
};

const actions: { readonly [verb: string]: string } = { create: "post", update: "put" };

/** What operations are called after; all others as their verb. */
const idVerbs: { readonly [verb: string]: string } = {
  get: "read",
  update: "replace",
  deletecollection: "delete",
};

const codesOf: { readonly [verb: string]: readonly number[] } = {
  create: [200, 201, 202],
  update: [200, 201],
  patch: [200, 201],
  delete: [200, 202],
};

/** Subresources that are streams or lead elsewhere, and the methods that they take. */
const connects: { readonly [subresource: string]: readonly Operation["method"][] } = {
  attach: ["get", "post"],
  exec: ["get", "post"],
  portforward: ["get", "post"],
  proxy: ["delete", "get", "head", "options", "patch", "post", "put"],
};

/** Resources whose deletion answers the object, not a Status. */
const answersObject: ReadonlySet<string> = new Set(
  [
    "/persistentvolumeclaims /persistentvolumes /pods /podtemplates /resourcequotas /serviceaccounts /services",
    "resource.k8s.io/deviceclasses resource.k8s.io/resourceclaims resource.k8s.io/resourceclaimtemplates",
    "resource.k8s.io/resourceslices storage.k8s.io/csidrivers storage.k8s.io/csinodes storage.k8s.io/storageclasses",
    "storage.k8s.io/volumeattachments storage.k8s.io/volumeattributesclasses",
  ].flatMap((each) => each.split(" ")),
);

/** Kinds that another group lends to subresources. */
const lent: { readonly [subresource: string]: { readonly group: string; readonly version: string } } = {
  eviction: { group: "policy", version: "v1" },
  scale: { group: "autoscaling", version: "v1" },
  token: { group: "authentication.k8s.io", version: "v1" },
};

const sentences: { readonly [verb: string]: string } = {
  get: "read the KIND that is named",
  list: "list or watch objects of kind KIND",
  create: "create a KIND",
  update: "replace the KIND that is named",
  patch: "change parts of the KIND that is named",
  delete: "delete the KIND that is named",
  deletecollection: "delete a collection of KIND",
};

const status = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
const deleteOptions = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
const patchBody = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

/** Where a resource is found, and what can be done there. `schema` is the name of its schema, `list` that of its list's; `parent` the kind whose subresource it is. */
export function placesOf(
  resource: ResourceInfo,
  schema: string | undefined,
  list: string | undefined,
  parent: string = resource.kind,
): readonly Place[] {
  const { group, version, namespaced, verbs } = resource;
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const [name = "", subresource] = resource.resource.split("/");
  const collection = `${base}${namespaced ? "/namespaces/{namespace}" : ""}/${name}`;
  const item = `${collection}/{name}${subresource === undefined ? "" : `/${subresource}`}`;
  const operate = (methods: { readonly [method: string]: string }, isEverywhere = false) =>
    Object.entries(methods)
      .filter(([, verb]) => verbs.includes(verb))
      .map(([method, verb]) =>
        operationOf(resource, { method: method as Operation["method"], verb, schema, list, parent, isEverywhere }),
      );
  const streams = connects[subresource ?? ""];
  if (streams !== undefined)
    return [item, ...(subresource === "proxy" ? [`${item}/{path}`] : [])].map((path) => ({
      path,
      operations: streams.map((method) => connectOf(resource, method, parent, path !== item)),
    }));
  const post = subresource === undefined ? {} : { post: "create" };
  const onItem = operate({ get: "get", put: "update", patch: "patch", delete: "delete", ...post });
  const onCollection =
    subresource === undefined ? operate({ get: "list", post: "create", delete: "deletecollection" }) : [];
  const everywhere = namespaced && subresource === undefined ? operate({ get: "list" }, true) : [];
  return [
    { path: item, operations: onItem },
    { path: collection, operations: onCollection },
    { path: `${base}/${name}`, operations: everywhere },
  ].filter(({ operations }) => operations.length > 0);
}

/** The kind whose subresource a resource is; undefined where it is none. */
export function parentOf({ group, version, resource }: ResourceInfo, all: readonly ResourceInfo[]): string | undefined {
  const [name, subresource] = resource.split("/");
  if (subresource === undefined) return undefined;
  return all.find((each) => each.group === group && each.version === version && each.resource === name)?.kind;
}

const pathDescriptions: { readonly [name: string]: string } = {
  name: "The name of the object.",
  namespace: "The namespace that the object lies in.",
  path: "The path of the request behind the proxy.",
};

/** What stands in braces in a path. */
export function pathParametersOf(path: string): readonly { readonly name: string; readonly description: string }[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    description: pathDescriptions[name] ?? name,
  }));
}

interface Asked {
  readonly method: Operation["method"];
  readonly verb: string;
  readonly schema: string | undefined;
  readonly list: string | undefined;
  readonly parent: string;
  readonly isEverywhere: boolean;
}

function operationOf(resource: ResourceInfo, { method, verb, schema, list, parent, isEverywhere }: Asked): Operation {
  const { group, version, kind, namespaced } = resource;
  const [name = "", subresource = ""] = resource.resource.split("/");
  const isObject = verb === "delete" && answersObject.has(`${group}/${name}`);
  const isText = subresource === "log";
  const answer = verb === "list" ? list : verb.startsWith("delete") && !isObject ? status : isText ? undefined : schema;
  const body = {
    create: schema,
    update: schema,
    patch: patchBody,
    delete: deleteOptions,
    deletecollection: deleteOptions,
  }[verb];
  const scope = isEverywhere ? "ForAllNamespaces" : "";
  const what = `${namespaced && !isEverywhere ? "Namespaced" : ""}${parent}${pascal(subresource)}${scope}`;
  const middle = `${pascal(groupName(group))}${pascal(version)}${verb === "deletecollection" ? "Collection" : ""}`;
  return {
    method,
    action: actions[verb] ?? verb,
    operationId: `${idVerbs[verb] ?? verb}${middle}${what}`,
    tag: tagOf(resource),
    description: `${(sentences[verb] ?? verb).replace("KIND", kind)}${isEverywhere ? " for all namespaces" : ""}`,
    parameters: parametersOf[verb] ?? [],
    ...(body === undefined ? {} : { body }),
    ...(answer === undefined ? {} : { answer }),
    codes: codesOf[verb] ?? [200],
    isConnect: false,
    of: { ...(lent[subresource] ?? { group, version }), kind },
  };
}

function connectOf(resource: ResourceInfo, method: Operation["method"], parent: string, isDeeper: boolean): Operation {
  const { group, version, kind, namespaced } = resource;
  const [, subresource = ""] = resource.resource.split("/");
  const what = `${pascal(method)}${namespaced ? "Namespaced" : ""}${parent}${pascal(subresource)}${isDeeper ? "WithPath" : ""}`;
  return {
    method,
    action: "connect",
    operationId: `connect${pascal(groupName(group))}${pascal(version)}${what}`,
    tag: tagOf(resource),
    description: `lead a request to the ${subresource} of the ${parent} that is named`,
    parameters: [],
    codes: [200],
    isConnect: true,
    of: { group, version, kind },
  };
}

function tagOf({ group, version }: ResourceInfo): string {
  const name = pascal(groupName(group));
  return `${name.slice(0, 1).toLowerCase()}${name.slice(1)}_${version}`;
}

/** As functions are named after it: without the ending that Kubernetes' own have. */
function groupName(group: string): string {
  return group === "" ? "core" : group.replace(/\.k8s\.io$/, "");
}

function pascal(text: string): string {
  return text
    .split(/[.\-_]/)
    .map((part) => `${part.slice(0, 1).toUpperCase()}${part.slice(1)}`)
    .join("");
}

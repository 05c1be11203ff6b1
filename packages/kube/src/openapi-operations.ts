import type { ResourceInfo } from "./catalogue.ts";

/** A query parameter of the API. */
export interface Parameter {
  readonly name: string;
  readonly type: "boolean" | "integer" | "string";
  readonly description: string;
}

/** What can be done at one path, as both versions of OpenAPI tell it. */
export interface Operation {
  readonly method: "delete" | "get" | "patch" | "post" | "put";
  /** As kube-apiserver's `x-kubernetes-action`. */
  readonly action: string;
  readonly operationId: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** Names of the schemas of what is sent, and of what is answered. */
  readonly body?: string;
  readonly answer?: string;
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

/** Where a resource is found, and what can be done there. `schema` is the name of its schema, `list` that of its list's. */
export function placesOf(
  resource: ResourceInfo,
  schema: string | undefined,
  list: string | undefined,
): readonly Place[] {
  const { group, version, namespaced, verbs } = resource;
  const base = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const [name = "", subresource] = resource.resource.split("/");
  const collection = `${base}${namespaced ? "/namespaces/{namespace}" : ""}/${name}`;
  const item = `${collection}/{name}${subresource === undefined ? "" : `/${subresource}`}`;
  const operate = (methods: { readonly [method: string]: string }, suffix = "") =>
    Object.entries(methods)
      .filter(([, verb]) => verbs.includes(verb))
      .map(([method, verb]) => operationOf(resource, method as Operation["method"], verb, schema, list, suffix));
  const post = subresource === undefined ? {} : { post: "create" };
  const onItem = operate({ get: "get", put: "update", patch: "patch", delete: "delete", ...post });
  const onCollection =
    subresource === undefined ? operate({ get: "list", post: "create", delete: "deletecollection" }) : [];
  const everywhere = namespaced && subresource === undefined ? operate({ get: "list" }, " for all namespaces") : [];
  return [
    { path: item, operations: onItem },
    { path: collection, operations: onCollection },
    { path: `${base}/${name}`, operations: everywhere },
  ].filter(({ operations }) => operations.length > 0);
}

function operationOf(
  { group, version, resource, kind }: ResourceInfo,
  method: Operation["method"],
  verb: string,
  schema: string | undefined,
  list: string | undefined,
  suffix: string,
): Operation {
  const answer = verb === "list" ? list : verb.startsWith("delete") ? status : schema;
  const body = { create: schema, update: schema, patch: patchBody, delete: deleteOptions }[verb];
  return {
    method,
    action: actions[verb] ?? verb,
    operationId: `${verb}:${group}/${version}/${resource}${suffix.replaceAll(" ", "-")}`,
    description: `${(sentences[verb] ?? verb).replace("KIND", kind)}${suffix}`,
    parameters: parametersOf[verb] ?? [],
    ...(body === undefined ? {} : { body }),
    ...(answer === undefined ? {} : { answer }),
  };
}

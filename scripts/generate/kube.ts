import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printedNames } from "./kube-names.ts";

interface Operation {
  readonly "x-kubernetes-action"?: string;
  readonly "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string };
}

interface Definition {
  readonly type?: string;
  readonly format?: string;
  readonly $ref?: string;
  readonly items?: Definition;
  readonly additionalProperties?: Definition | boolean;
  readonly properties?: { readonly [name: string]: Definition };
  readonly required?: readonly string[];
  readonly [extension: `x-kubernetes-${string}`]: unknown;
}

interface OpenApi {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly definitions: { readonly [name: string]: Definition };
}

interface Resource {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
  verbs: Set<string>;
  schema?: string;
  singular?: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
}

const verbOfMethod: { readonly [method: string]: string } = {
  get: "get",
  post: "create",
  put: "update",
  patch: "patch",
  delete: "delete",
};

const verbOf: { readonly [action: string]: string } = { post: "create", put: "update" };

/**
 * Resources and schemas of Kubernetes' OpenAPI, as compact facts: no description is kept. `SALLYPORT_OPENAPI` is a file of what
 * `/openapi/v2` of a kube-apiserver with `--runtime-config=api/all=true` answers; 1.37.2's is checked in. Nothing without it.
 */
export function generateKube(root: string): readonly string[] {
  const file = process.env["SALLYPORT_OPENAPI"];
  if (file === undefined) {
    console.log("skipped kube: set SALLYPORT_OPENAPI to the /openapi/v2 of a kube-apiserver that serves everything");
    return [];
  }
  const api = JSON.parse(readFileSync(file, "utf8")) as OpenApi;
  const folder = join(root, "packages/kube/src/data");
  const files = { "resources.generated.json": catalogueText(api), "schemas.generated.json": schemasText(api) };
  return Object.entries(files).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
}

/** One resource or subresource a line. */
export function catalogueText(api: OpenApi): string {
  const found = new Map<string, Resource>();
  const kinds = schemaByKind(api);
  for (const [path, item] of Object.entries(api.paths)) {
    const place = placeOf(path);
    if (place === undefined) continue;
    for (const [method, operation] of Object.entries(item)) {
      const gvk = operation["x-kubernetes-group-version-kind"];
      const action = operation["x-kubernetes-action"];
      if (gvk === undefined || action === undefined) continue;
      const key = `${place.group}/${place.version}/${place.resource}`;
      const known = found.get(key) ?? { ...place, kind: gvk.kind, verbs: new Set<string>() };
      found.set(key, known);
      known.namespaced ||= place.namespaced;
      // Connections have the verbs of their methods; HEAD and OPTIONS have none.
      const verb = action === "connect" ? verbOfMethod[method] : (verbOf[action] ?? action);
      if (verb !== undefined) known.verbs.add(verb);
      if (action === "list" && place.resource !== "componentstatuses") known.verbs.add("watch");
      if (action === "post" || action === "put" || action === "get") known.kind = gvk.kind;
      const schema = kinds.get(`${gvk.group}/${gvk.version}/${gvk.kind}`);
      if (schema !== undefined) known.schema = schema;
    }
  }
  const lines = [...found.values()]
    .sort((a, b) => compareText(`${a.group} ${a.version} ${a.resource}`, `${b.group} ${b.version} ${b.resource}`))
    .map((each) =>
      JSON.stringify({
        ...each,
        ...printedNames(each),
        verbs: [...each.verbs].sort(),
      }),
    );
  return `[\n${lines.join(",\n")}\n]\n`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function placeOf(path: string): { group: string; version: string; resource: string; namespaced: boolean } | undefined {
  const match =
    /^\/(?:api|apis\/([^/]+))\/(v[^/]+)\/(namespaces\/\{namespace\}\/)?([^/{]+)(?:\/\{name\}(?:\/([a-z]+))?)?(\/\{path\})?$/.exec(
      path,
    );
  if (match === null) return undefined;
  const [, group = "", version = "", scope, resource = "", subresource, proxied] = match;
  if (resource === "watch" || proxied !== undefined) return undefined;
  return {
    group,
    version,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespaced: scope !== undefined,
  };
}

function schemaByKind(api: OpenApi): ReadonlyMap<string, string> {
  const kinds = new Map<string, string>();
  for (const [name, definition] of Object.entries(api.definitions)) {
    const list = (definition["x-kubernetes-group-version-kind"] ?? []) as {
      group: string;
      version: string;
      kind: string;
    }[];
    for (const { group, version, kind } of list) if (list.length === 1) kinds.set(`${group}/${version}/${kind}`, name);
  }
  return kinds;
}

/** `type`, `format`, `ref`, `items`, `values`, and the merge rules, under short names; see kube/src/schema.ts. */
export function schemasText(api: OpenApi): string {
  const lines = Object.keys(api.definitions)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(compact(api.definitions[name] as Definition))}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

function compact(definition: Definition): object {
  const { type, format, $ref, items, additionalProperties, properties, required } = definition;
  const gvk = definition["x-kubernetes-group-version-kind"] as unknown[] | undefined;
  return {
    ...(type === undefined || (type === "object" && properties !== undefined) ? {} : { t: type }),
    ...(format === undefined ? {} : { f: format }),
    ...($ref === undefined ? {} : { r: $ref.slice("#/definitions/".length) }),
    ...(items === undefined ? {} : { i: compact(items) }),
    ...(typeof additionalProperties === "object" ? { v: compact(additionalProperties) } : {}),
    ...(properties === undefined
      ? {}
      : { p: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, compact(value)])) }),
    ...(required === undefined ? {} : { q: required }),
    ...(gvk?.length === 1 ? { g: gvk[0] } : {}),
    ...extension(definition, "x-kubernetes-list-type", "lt"),
    ...extension(definition, "x-kubernetes-list-map-keys", "lk"),
    ...extension(definition, "x-kubernetes-map-type", "mt"),
    ...extension(definition, "x-kubernetes-patch-merge-key", "pk"),
    ...extension(definition, "x-kubernetes-patch-strategy", "ps"),
    ...extension(definition, "x-kubernetes-preserve-unknown-fields", "x"),
    ...extension(definition, "x-kubernetes-int-or-string", "is"),
  };
}

function extension(definition: Definition, name: `x-kubernetes-${string}`, short: string): object {
  return definition[name] === undefined ? {} : { [short]: definition[name] };
}

/** What a URL asks for, as k8s.io/apiserver's RequestInfo. */
export interface RequestInfo {
  readonly isResource: boolean;
  readonly path: string;
  /** get, list, watch, create, update, patch, delete, deletecollection; for other paths the method in lower case. */
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** The path behind all these, which only proxies have. */
  readonly rest: string;
}

/** Subresources that stay open as long as their client likes. */
const connecting = new Set(["log", "exec", "attach", "portforward", "proxy"]);

/** Whether the answer is a stream without a foreseeable end. */
export function isLongRunning({ verb, subresource }: RequestInfo): boolean {
  return verb === "watch" || connecting.has(subresource);
}

/** How much a request is about, as metrics tell it. */
export function scopeOf({ name, namespace }: RequestInfo): "resource" | "namespace" | "cluster" {
  if (name !== "") return "resource";
  return namespace === "" ? "cluster" : "namespace";
}

const verbs: { readonly [method: string]: string } = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
  GET: "get",
  HEAD: "get",
};

/**
 * Takes `/api/v1/namespaces/NS/pods/NAME/log` apart, a path whose escapes are resolved: `%2F` parts it as `/` does. Between two slashes lies
 * a name too, an empty one; those at the ends count for nothing.
 */
export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = path.replace(/^\/+|\/+$/g, "").split("/");
  const other: RequestInfo = {
    isResource: false,
    path,
    verb: method.toLowerCase(),
    group: "",
    version: "",
    resource: "",
    subresource: "",
    namespace: "",
    name: "",
    rest: "",
  };
  const isCore = parts[0] === "api";
  if (!isCore && parts[0] !== "apis") return other;
  const begin = isCore ? 2 : 3;
  const group = isCore ? "" : (parts[1] ?? "");
  const version = (isCore ? parts[1] : parts[2]) ?? "";
  if (parts.length <= begin || version === "") return other;
  // The old way to watch.
  const isWatch = parts[begin] === "watch" && parts.length > begin + 1;
  const { namespace, resource, name, subresource, rest } = placeOf(parts, isWatch ? begin + 1 : begin);
  const base = verbs[method] ?? "";
  const asked = isWatch && base === "get" ? "watch" : verbOf(base, name, query);
  const verb = isWatch && asked !== "watch" ? method : asked;
  return { isResource: true, path, verb, group, version, resource, subresource, namespace, name, rest };
}

/** `namespaces/NS` alone is the Namespace itself; with more behind it, it is where the rest lies. */
function placeOf(
  parts: readonly string[],
  begin: number,
): Pick<RequestInfo, "namespace" | "resource" | "name" | "subresource" | "rest"> {
  const [first = "", second = "", third] = [parts[begin], parts[begin + 1], parts[begin + 2]];
  const namespace = first === "namespaces" ? second : "";
  const isWithin = first === "namespaces" && third !== undefined && third !== "status" && third !== "finalize";
  const at = isWithin ? begin + 2 : begin;
  const behind = parts.length > at + 3 ? parts.slice(at + 3).join("/") : "";
  const [resource, name, subresource] = [isWithin ? third : first, parts[at + 1] ?? "", parts[at + 2] ?? ""];
  return { namespace, resource, name, subresource, rest: behind };
}

function verbOf(verb: string, name: string, query: URLSearchParams): string {
  const watch = query.get("watch");
  if (verb === "get" && watch !== null && watch !== "false" && watch !== "0") return "watch";
  if (verb === "get" && name === "") return "list";
  return verb === "delete" && name === "" ? "deletecollection" : verb;
}

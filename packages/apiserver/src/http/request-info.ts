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

const verbs: { readonly [method: string]: string } = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
  GET: "get",
  HEAD: "get",
};

/** Takes `/api/v1/namespaces/NS/pods/NAME/log` apart. */
export function requestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts = path.split("/").filter(Boolean);
  if (path.includes("%")) for (const [i, part] of parts.entries()) parts[i] = decodeURIComponent(part);
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
  const rest = parts.slice(isCore ? 2 : 3);
  const group = isCore ? "" : (parts[1] ?? "");
  const version = (isCore ? parts[1] : parts[2]) ?? "";
  if (rest.length === 0 || version === "") return other;
  // The old way to watch.
  const isWatch = rest[0] === "watch" && rest.length > 1;
  const placed = placeOf(isWatch ? rest.slice(1) : rest);
  const base = verbs[method] ?? method.toLowerCase();
  const verb = isWatch && base === "get" ? "watch" : verbOf(base, placed.name, query);
  return { ...other, isResource: true, group, version, ...placed, verb: isWatch && verb !== "watch" ? method : verb };
}

/** `namespaces/NS` alone is the Namespace itself; with more behind it, it is where the rest lies. */
function placeOf(
  rest: readonly string[],
): Pick<RequestInfo, "namespace" | "resource" | "name" | "subresource" | "rest"> {
  const [first = "", second = "", third] = rest;
  if (first === "namespaces" && third !== undefined && !["status", "finalize"].includes(third)) {
    return {
      namespace: second,
      resource: third,
      name: rest[3] ?? "",
      subresource: rest[4] ?? "",
      rest: rest.slice(5).join("/"),
    };
  }
  const namespace = first === "namespaces" ? second : "";
  return { namespace, resource: first, name: second, subresource: third ?? "", rest: rest.slice(3).join("/") };
}

function verbOf(verb: string, name: string, query: URLSearchParams): string {
  const watch = query.get("watch");
  if (verb === "get" && watch !== null && watch !== "false" && watch !== "0") return "watch";
  if (verb === "get" && name === "") return "list";
  return verb === "delete" && name === "" ? "deletecollection" : verb;
}

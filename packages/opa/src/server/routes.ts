import type { ServerAnswer, ServerRequest } from "./exchange.ts";

/** Answers a request at a place; `rest` is what follows the place's prefix. */
export type Handler = (request: ServerRequest, rest: readonly string[]) => Promise<ServerAnswer> | ServerAnswer;

/** One place of the API, with what may be done there. */
export interface Route {
  /** Name of the handler in metrics, as OPA's. */
  readonly name: string;
  /** What the path begins with, `/v1/data`. */
  readonly prefix: string;
  /** Whether more may follow: `none`, `any` number of segments, or `some`, one at least. */
  readonly rest: "none" | "any" | "some";
  readonly methods: { readonly [method: string]: Handler };
  /** Methods whose answers may be compressed, and say so. */
  readonly compresses?: readonly string[];
  /** Refuses other methods as Go's own server does, with `Allow`. */
  readonly isPlain?: boolean;
  /** Answers HEAD as GET: OPA's own handlers refuse it, also where Go's server lets it through. */
  readonly answersHead?: boolean;
}

export type Match =
  | { readonly kind: "found"; readonly route: Route; readonly handler: Handler; readonly rest: readonly string[] }
  | { readonly kind: "redirect"; readonly status: number; readonly location: string; readonly route: Route | undefined }
  | { readonly kind: "wrong method"; readonly route: Route }
  | { readonly kind: "no HEAD"; readonly route: Route }
  | { readonly kind: "nothing" };

/**
 * Finds who answers, as Go's ServeMux does: a path that is not clean is sent to the clean one (307), one with a slash at its end to the one
 * without (301), and a place that knows other methods alone answers 405.
 */
export function findRoute(routes: readonly Route[], method: string, path: string): Match {
  const clean = cleanPath(path);
  if (clean !== path) return { kind: "redirect", status: 307, location: clean, route: placeOf(routes, clean) };
  const location = path.slice(0, -1);
  const above = path.endsWith("/") ? routes.find((each) => isAbove(each, location)) : undefined;
  if (above !== undefined)
    return method === "HEAD"
      ? { kind: "no HEAD", route: above }
      : { kind: "redirect", status: 301, location, route: above };
  const candidates = routes.filter((route) => restOf(route, path) !== undefined);
  for (const route of candidates) {
    const handler = handlerOf(route, method);
    if (handler !== undefined) return { kind: "found", route, handler, rest: restOf(route, path) ?? [] };
  }
  const [route] = candidates;
  if (route === undefined) return { kind: "nothing" };
  return { kind: method === "HEAD" && "GET" in route.methods ? "no HEAD" : "wrong method", route };
}

function handlerOf({ methods, answersHead }: Route, method: string): Handler | undefined {
  const known = answersHead === true && method === "HEAD" ? "GET" : method;
  return Object.hasOwn(methods, known) ? methods[known] : undefined;
}

/** Only where more may follow, a slash at the end is known. */
function isAbove({ prefix, rest }: Route, path: string): boolean {
  return rest !== "none" && `${path}/`.startsWith(`${prefix}/`);
}

function placeOf(routes: readonly Route[], path: string): Route | undefined {
  return routes.find((each) => restOf(each, path) !== undefined);
}

/** Segments behind the prefix, decoded; undefined where the path lies elsewhere. */
function restOf({ prefix, rest }: Route, path: string): readonly string[] | undefined {
  if (path === prefix) return rest === "some" ? undefined : [];
  if (rest === "none" || !path.startsWith(`${prefix}/`)) return undefined;
  return pathSegments(path.slice(prefix.length));
}

/** `/a/b%20c` as `a` and `b c`. */
export function pathSegments(path: string): readonly string[] {
  return path
    .slice(1)
    .split("/")
    .map((segment) => {
      try {
        return decodeURIComponent(segment);
      } catch {
        return segment;
      }
    });
}

/** Without empty segments, `.` and `..`; a slash at the end stays. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  const clean = `/${parts.join("/")}`;
  return path.endsWith("/") && clean !== "/" ? `${clean}/` : clean;
}

import { goQuoted, pathSegment, type ResourceInfo, StatusError } from "@sallyport/kube";
import type { Call } from "./call.ts";
import type { RequestInfo } from "./request-info.ts";

const verbsOfOne: readonly string[] = ["get", "update", "patch", "delete"];

/** What lies in no namespace is not found in one, nor is one object of a namespace found without it, nor one where there are only reviews, nor what nobody lists across namespaces. */
export function isServedHere({ info }: Call, { namespaced, resource, verbs }: ResourceInfo): boolean {
  if (info.path.startsWith("//") || (info.rest !== "" && info.subresource !== "proxy")) return false;
  if (info.name !== "" && info.subresource === "" && !verbs.some((verb) => verbsOfOne.includes(verb))) return false;
  if (namespaced) return info.namespace !== "" || isInNoNamespace(info) || (info.name === "" && verbs.includes("list"));
  return info.namespace === "" || info.resource === "namespaces" || resource.startsWith("namespaces/");
}

/** `namespaces//pods`, where all of them are listed. */
function isInNoNamespace({ path, namespace }: RequestInfo): boolean {
  return namespace === "" && path.includes("/namespaces//");
}

/** Throws `BadRequest` where one object's place cannot be told. */
export function checkPlace({ info }: Call, { namespaced }: ResourceInfo): void {
  if (info.verb === "list" || info.verb === "watch") return;
  if (namespaced && isInNoNamespace(info)) throw new StatusError("BadRequest", "Namespace parameter required.");
  const faults = info.name === "" ? [] : pathSegment(info.name);
  if (faults.length > 0)
    throw new StatusError("BadRequest", `Name parameter invalid: ${goQuoted(info.name)}: ${faults.join(";")}`);
}

/** Where custom objects lie: in another place there is nothing at all. Lists go across namespaces. */
export function isServedCustom({ info }: Call, { namespaced }: ResourceInfo): boolean {
  if (!namespaced) return info.namespace === "";
  return info.namespace !== "" || info.verb === "list" || info.verb === "watch";
}

/** New objects are sent to their collection, others by their name; nothing is written across namespaces. */
export function isRightPlace({ request, info }: Call, { namespaced, custom }: ResourceInfo): boolean {
  if (custom !== undefined) return true;
  if (request.method === "HEAD") return false;
  if (info.verb === "create" && info.subresource === "")
    return info.name === "" && (!namespaced || info.namespace !== "");
  if (info.verb === "deletecollection") return !namespaced || info.namespace !== "";
  return (info.verb !== "update" && info.verb !== "patch") || info.name !== "";
}

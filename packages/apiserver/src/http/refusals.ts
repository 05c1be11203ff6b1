import { goPackageOf, qualifiedResource, type ResourceInfo, StatusError } from "@sallyport/kube";
import { type Format, mediaTypes, type Wanted } from "./negotiate.ts";

const writes: readonly Format[] = ["json", "yaml", "protobuf"];
const streams: readonly Format[] = ["json", "protobuf"];

/** No such resource, or no such version of it. */
export function notServed(): StatusError {
  return new StatusError("NotFound", "the server could not find the requested resource", {});
}

export function methodNotAllowed(): StatusError {
  return new StatusError("MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

/** The same of a custom resource and its parts; a method that is none of the API's has no verb. */
export function noVerb({ group, resource }: ResourceInfo, verb: string): StatusError {
  const [whole = ""] = resource.split("/");
  const qualified = qualifiedResource({ group, resource: whole });
  return new StatusError("MethodNotAllowed", `${verb} is not supported on resources of kind "${qualified}"`, {
    group,
    kind: whole,
  });
}

/** Partial objects have a form for one, and another for a list. */
export function checkPartialForm({ as, asList }: Wanted, info: ResourceInfo, isList: boolean): void {
  if (as !== "PartialObjectMetadata" || asList === isList) return;
  const type = info.custom === undefined ? `${goPackageOf(info.group)}.${info.kind}` : "unstructured.Unstructured";
  throw new StatusError(
    "NotAcceptable",
    asList
      ? `you requested PartialObjectMetadataList, but the requested object is not a list (*${type})`
      : `you requested PartialObjectMetadata, but the requested object is a list (*${type}List)`,
  );
}

/** `type` and `form` as negotiation tells them. */
export function notAcceptable(refused: "type" | "form", verb: string, formats: readonly Format[]): StatusError {
  const whole = writes.filter((each) => formats.includes(each)).map((each) => mediaTypes[each]);
  const parts = streams.filter((each) => formats.includes(each)).map((each) => `${mediaTypes[each]};stream=watch`);
  // A collection is listed and watched at one path, which offers both.
  if (refused === "type") return noneOf(verb === "list" || verb === "watch" ? [...whole, ...parts] : whole);
  return onlyTypes(verb === "watch" ? parts : whole);
}

/** None of the types that a path has is named. */
export function noneOf(types: readonly string[]): StatusError {
  return new StatusError("NotAcceptable", `406: Not Acceptable\n\nAvailable representations: ${types.join(", ")}`, {});
}

/** What is named is none of the types, or not in a form that there is. */
export function onlyTypes(types: readonly string[]): StatusError {
  return new StatusError("NotAcceptable", `only the following media types are accepted: ${types.join(", ")}`);
}

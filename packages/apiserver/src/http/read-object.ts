import type { KubeObject, ResourceInfo } from "@sallyport/kube";
import { notFound } from "../registry/faults.ts";
import type { Call, HandlerOptions } from "./call.ts";

/** The object that the URL names. Throws NotFound. */
export function readObject({ info }: Call, resource: ResourceInfo, { cache }: HandlerOptions): KubeObject {
  const object = cache.get(resource.group, resource.resource, resource.namespaced ? info.namespace : "", info.name);
  if (object === undefined) throw notFound(resource, info.name);
  return object;
}

/** The same, when it is at hand in the resource's version. */
export async function readPrepared(call: Call, resource: ResourceInfo, options: HandlerOptions): Promise<KubeObject> {
  const object = readObject(call, resource, options);
  await options.registry.prepare([object], resource);
  return object;
}

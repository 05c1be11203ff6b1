import type { KubeObject } from "@sallyport/kube";
import { prepareCustomUpdate } from "../custom/objects.ts";
import { withStoredVersion } from "../custom/stored-versions.ts";
import type { WriteContext } from "./context.ts";
import { isEqual } from "./equality.ts";
import { fixedMetadata } from "./fixed-metadata.ts";
import { strategyFor, withStringData } from "./strategies.ts";

/** What no update changes, and whose fields a subresource may touch. */
export function prepareUpdate(
  wanted: KubeObject,
  current: KubeObject,
  { info, subresource }: WriteContext,
  now: string,
): KubeObject {
  if (info.custom !== undefined) return prepareCustomUpdate(wanted, current, subresource, info.custom);
  const { generation } = current.metadata;
  const fixed = fixedMetadata(current);
  const { resourceVersion: _, ...given } = wanted.metadata;
  const strategy = strategyFor(info);
  const part = strategy.parts?.[subresource];
  if (part !== undefined || subresource === "status") {
    const { labels: _labels, ...rest } = given;
    const status = part === undefined ? wanted["status"] : part(wanted, current, now)["status"];
    return { ...current, metadata: { ...current.metadata, ...rest, ...fixed }, status };
  }
  const kept = Object.fromEntries(
    [...(strategy.keep ?? []), ...(strategy.hasStatus ? ["status"] : [])]
      .filter((field) => current[field] !== undefined)
      .map((field) => [field, current[field]]),
  );
  const secret = info.resource === "secrets" ? withStringData(wanted) : wanted;
  const made: KubeObject = { ...secret, ...kept, metadata: { ...given, ...fixed } };
  const adjusted = strategy.prepareUpdate?.(made, current) ?? made;
  const object = info.resource === "customresourcedefinitions" ? withStoredVersion(adjusted) : adjusted;
  const { counted = ["spec", "template"] } = strategy;
  const isNewSpec = generation !== undefined && counted.some((field) => !isEqual(object[field], current[field]));
  return isNewSpec ? { ...object, metadata: { ...object.metadata, generation: (generation as number) + 1 } } : object;
}

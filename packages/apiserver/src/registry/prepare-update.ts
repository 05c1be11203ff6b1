import type { KubeObject } from "@sallyport/kube";
import { prepareCustomUpdate } from "../custom/objects.ts";
import { withStoredVersion } from "../custom/stored-versions.ts";
import type { WriteContext } from "./context.ts";
import { isEqual } from "./equality.ts";
import { defined, fixedMetadata, wantedMetadata } from "./fixed-metadata.ts";
import { type Fields, type Strategy, strategyFor, withStringData } from "./strategies.ts";

/** What no update changes, and whose fields a subresource may touch. */
export function prepareUpdate(
  wanted: KubeObject,
  current: KubeObject,
  { info, subresource }: WriteContext,
  now: string,
): KubeObject {
  if (info.custom !== undefined) return prepareCustomUpdate(wanted, current, subresource, info.custom);
  const fixed = fixedMetadata(current);
  const given = wantedMetadata(wanted, current);
  const strategy = strategyFor(info);
  const specPart = strategy.specParts?.[subresource];
  if (specPart !== undefined) {
    const spec = specPart((wanted["spec"] ?? {}) as Fields, (current["spec"] ?? {}) as Fields);
    const { managedFields: _, ...kept } = current.metadata;
    const { managedFields } = wanted.metadata;
    const own = strategy.metadataPart === subresource ? { ...given, ...fixed } : kept;
    const metadata = { ...own, ...defined({ managedFields }) };
    return counted({ ...current, metadata, spec }, current, strategy);
  }
  const part = strategy.parts?.[subresource];
  if (part !== undefined || subresource === "status") {
    const kept = Object.fromEntries((strategy.statusKeeps ?? []).map((name) => [name, fieldOf(current, name)]));
    const metadata = defined({ ...given, ...kept, ...fixed }) as KubeObject["metadata"];
    const status = part === undefined ? wanted["status"] : part(wanted, current, now)["status"];
    const made = { ...current, metadata, status };
    return strategy.prepareStatus?.(made, current) ?? made;
  }
  const kept = Object.fromEntries(
    [...(strategy.keep ?? []), ...(strategy.hasStatus ? ["status"] : [])]
      .filter((field) => current[field] !== undefined)
      .map((field) => [field, current[field]]),
  );
  const secret = info.resource === "secrets" ? withStringData(wanted) : wanted;
  const made: KubeObject = { ...secret, ...kept, metadata: { ...given, ...fixed } };
  const adjusted = strategy.prepareUpdate?.(made, current, now) ?? made;
  const object = info.resource === "customresourcedefinitions" ? withStoredVersion(adjusted) : adjusted;
  return counted(object, current, strategy);
}

function fieldOf({ metadata }: KubeObject, name: string): unknown {
  return (metadata as Fields)[name];
}

/** With the next generation, where what changes is counted. */
function counted(object: KubeObject, current: KubeObject, strategy: Strategy): KubeObject {
  const { generation } = current.metadata;
  const { counted: fields = ["spec", "template"], countsMetadata: more } = strategy;
  const isNew =
    fields.some((field) => !isEqual(object[field], current[field])) ||
    (more !== undefined && !isEqual(object.metadata[more] ?? {}, current.metadata[more] ?? {}));
  return isNew && (generation !== undefined || strategy.startsUncounted)
    ? { ...object, metadata: { ...object.metadata, generation: (generation ?? 0) + 1 } }
    : object;
}

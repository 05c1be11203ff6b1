import { findKind } from "../catalogue.ts";
import { conform } from "../go/conform.ts";
import { type KubeObject, parseApiVersion } from "../object.ts";
import { eventFromCore, eventToCore } from "./event.ts";
import { autoscalerToV1, autoscalerToV2 } from "./horizontal-pod-autoscaler.ts";

/** By the kind and the version to which it goes. */
const conversions: { readonly [to: string]: (object: KubeObject) => KubeObject } = {
  "Event v1": eventToCore,
  "Event events.k8s.io/v1": eventFromCore,
  "HorizontalPodAutoscaler autoscaling/v1": autoscalerToV1,
  "HorizontalPodAutoscaler autoscaling/v2": autoscalerToV2,
};

/** A built-in object in another of the versions that serve it, as Go would write it there; of kinds whose versions are alike, only the name of the version changes. */
export function convertBuiltin(object: KubeObject, apiVersion: string): KubeObject {
  if (object.apiVersion === apiVersion) return object;
  const convert = conversions[`${object.kind} ${apiVersion}`];
  if (convert === undefined) return { ...object, apiVersion };
  const { group, version } = parseApiVersion(apiVersion);
  const info = findKind(group, version, object.kind);
  const { resourceVersion } = object.metadata;
  const converted = convert(object);
  const made = info?.schema === undefined ? converted : conform(converted, info.schema, info).object;
  return resourceVersion === undefined ? made : { ...made, metadata: { ...made.metadata, resourceVersion } };
}

/** Whether the fields of a built-in kind are others in this version than in its other ones. */
export function isConverted(kind: string, apiVersion: string): boolean {
  return Object.hasOwn(conversions, `${kind} ${apiVersion}`);
}

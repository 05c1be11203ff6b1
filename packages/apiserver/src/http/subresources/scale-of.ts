import { type KubeObject, type ResourceInfo, type ScalePaths, selectorText } from "@sallyport/kube";
import { valueAt } from "../../custom/objects.ts";

/** What an object with replicas shows of itself as autoscaling/v1 Scale. */
export function scaleOf(object: KubeObject, info: ResourceInfo): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject["metadata"];
  const { scale } = info.custom ?? {};
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata,
    ...(scale === undefined ? builtinScale(object) : customScale(object, scale)),
  };
}

type ScaleParts = { readonly spec: object; readonly status: object };

/** By the paths that the object's definition names. */
function customScale(
  object: KubeObject,
  { specReplicasPath, statusReplicasPath, labelSelectorPath }: ScalePaths,
): ScaleParts {
  const replicas = valueAt(object, specReplicasPath);
  const selector = labelSelectorPath === undefined ? undefined : valueAt(object, labelSelectorPath);
  return {
    spec: replicas === undefined || replicas === 0 ? {} : { replicas },
    status: { replicas: valueAt(object, statusReplicasPath) ?? 0, ...(selector ? { selector } : {}) },
  };
}

function builtinScale(object: KubeObject): ScaleParts {
  const spec = (object["spec"] ?? {}) as {
    readonly replicas?: number;
    readonly selector?: { readonly [field: string]: unknown };
  };
  // That of a ReplicationController is of labels alone.
  const selected = object.kind === "ReplicationController" ? { matchLabels: spec.selector ?? {} } : spec.selector;
  const told = selectorText(selected);
  const selector = told === "<none>" ? "" : told;
  const status = (object["status"] ?? {}) as { readonly replicas?: number };
  return {
    spec: spec.replicas === undefined || spec.replicas === 0 ? {} : { replicas: spec.replicas },
    status: { replicas: status.replicas ?? 0, ...(selector === "" ? {} : { selector }) },
  };
}

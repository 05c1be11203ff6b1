import type { KubeObject } from "@sallyport/kube";

/** Whether an object is being deleted and waits for this finalizer, among others perhaps. */
export function isReleased(object: KubeObject | undefined, finalizer: string): object is KubeObject {
  return Boolean(object?.metadata.deletionTimestamp) && object?.metadata.finalizers?.includes(finalizer) === true;
}

export function withoutFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers = [] } = object.metadata;
  return { ...object, metadata: { ...object.metadata, finalizers: finalizers.filter((each) => each !== finalizer) } };
}

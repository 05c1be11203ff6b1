export type { GroupVersionKind, GroupVersionResource, Json, KubeObject, ObjectMeta, OwnerReference } from "./object.ts";
export { apiVersionOf, parseApiVersion } from "./object.ts";
export { type Status, type StatusCause, type StatusDetails, StatusError, type StatusReason } from "./status.ts";

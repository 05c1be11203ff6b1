import type { Json, KubeObject } from "@sallyport/kube";
import type { Condition } from "../controllers/conditions.ts";

export const flowcontrolGroup = "flowcontrol.apiserver.k8s.io";

/** Who applies conditions of flow schemas. */
export const consumerManager = "api-priority-and-fairness-config-consumer-v1";

/** Who makes the flow schemas and priority levels that every API server has. */
export const producerManager = "api-priority-and-fairness-config-producer-v1";

/** Whether the priority level that a flow schema refers to is missing, as kube-apiserver says it in the schema's status. */
export function danglingCondition(
  schema: KubeObject,
  hasLevel: (name: string) => boolean,
): Omit<Condition, "lastTransitionTime"> {
  const { priorityLevelConfiguration } = schema["spec"] as {
    readonly priorityLevelConfiguration: { readonly name: string };
  };
  const { name } = priorityLevelConfiguration;
  const reference = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`;
  return hasLevel(name)
    ? { type: "Dangling", status: "False", reason: "Found", message: `${reference} and it exists` }
    : { type: "Dangling", status: "True", reason: "NotFound", message: `${reference} but there is no such object` };
}

/** The entry of `managedFields` for that condition. `time` in RFC 3339. */
export function conditionEntry(time: string): { readonly [field: string]: Json } {
  const fields = ["lastTransitionTime", "message", "reason", "status", "type"];
  const condition = { ".": {}, ...Object.fromEntries(fields.map((each) => [`f:${each}`, {}])) };
  return {
    manager: consumerManager,
    operation: "Apply",
    apiVersion: `${flowcontrolGroup}/v1`,
    time,
    fieldsType: "FieldsV1",
    fieldsV1: { "f:status": { "f:conditions": { 'k:{"type":"Dangling"}': condition } } },
    subresource: "status",
  };
}

import { type FieldError, invalid } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import type { Fields, KindRules } from "../rules.ts";

/** Events tell of objects in their own namespace; those of objects outside all namespaces lie in `default`. */
export const event: KindRules = { validate: validateEvent };

function validateEvent(object: KubeObject): readonly FieldError[] {
  const { namespace = "" } = (object["involvedObject"] ?? {}) as Fields;
  const own = object.metadata.namespace ?? "";
  const isRight = namespace === "" ? ["", "default", "kube-system"].includes(own) : namespace === own;
  return isRight ? [] : [invalid("involvedObject.namespace", namespace, "does not match event.namespace")];
}

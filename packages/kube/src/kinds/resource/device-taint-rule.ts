import type { FieldError } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { validateConditions } from "../conditions.ts";
import { dns1123Label } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";
import { driverName } from "../storage/csi-node.ts";
import { poolName } from "./names.ts";
import { taintDefaults, validateTaint } from "./taints.ts";

const maxConditions = 8;

export const deviceTaintRule: KindRules = {
  defaults: (object, now) => taintDefaults(object["spec"]?.taint, now),
  validate: (object) => validateRule(object),
  validateReplacement: validateRule,
  validateStatus: (object) =>
    validateConditions((object["status"] as Fields | undefined)?.["conditions"], "status.conditions", maxConditions),
};

function validateRule(object: KubeObject, old?: KubeObject): readonly FieldError[] {
  const { deviceSelector = {}, taint = {} } = specOf(object);
  const { driver, pool, device } = deviceSelector as Fields;
  const before = old && ((specOf(old)["taint"] ?? {}) as Fields);
  return [
    ...(driver === undefined ? [] : driverName(driver, "spec.deviceSelector.driver")),
    ...(pool === undefined ? [] : poolName("spec.deviceSelector.pool", pool)),
    ...(device === undefined ? [] : formatted("spec.deviceSelector.device", device, dns1123Label)),
    ...validateTaint(taint, "spec.taint", before),
  ];
}

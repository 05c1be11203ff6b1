import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf, nonnegative } from "../checks.ts";
import { pathSegment } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";
import { behaviorDefaults, validateBehavior } from "./behavior.ts";

const sources = ["ContainerResource", "External", "Object", "Pods", "Resource"];
const sourceFields = ["object", "external", "pods", "resource", "containerResource"];
const targetTypes = ["Utilization", "Value", "AverageValue"];

/** The use of processors that is aimed at when nothing is said. */
const defaultUtilization = 80;

export const horizontalPodAutoscaler: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    spec["minReplicas"] ??= 1;
    if (object["apiVersion"] === "autoscaling/v1") {
      spec["targetCPUUtilizationPercentage"] ??= defaultUtilization;
      return;
    }
    if ((spec["metrics"] ?? []).length === 0)
      spec["metrics"] = [
        {
          type: "Resource",
          resource: { name: "cpu", target: { type: "Utilization", averageUtilization: defaultUtilization } },
        },
      ];
    if (spec["behavior"] !== undefined) behaviorDefaults(spec["behavior"]);
  },
  validate: (object) => validateSpec(specOf(object), object),
};

function validateSpec(spec: Fields, object: KubeObject): readonly FieldError[] {
  const { minReplicas = 1, maxReplicas = 0, scaleTargetRef = {}, behavior } = spec;
  const isV1 = object.apiVersion === "autoscaling/v1";
  return [
    ...(maxReplicas < minReplicas
      ? [invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`")]
      : []),
    ...validateTarget(scaleTargetRef),
    ...(isV1 ? [] : itemsOf(spec["metrics"], "spec.metrics").flatMap(([metric, path]) => validateMetric(metric, path))),
    ...(behavior === undefined ? [] : validateBehavior(behavior)),
    ...nonnegative("spec.minReplicas", minReplicas),
    ...(maxReplicas === 0
      ? [required("spec.maxReplicas")]
      : maxReplicas < 1
        ? [invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to 1")]
        : []),
  ];
}

/** A CrossVersionObjectReference. */
function validateTarget({ kind = "", name = "", apiVersion = "" }: Fields): readonly FieldError[] {
  const path = "spec.scaleTargetRef";
  return [
    ...(kind === "" ? [required(`${path}.kind`)] : formatted(`${path}.kind`, kind, pathSegment)),
    ...(name === "" ? [required(`${path}.name`)] : formatted(`${path}.name`, name, pathSegment)),
    ...apiVersionFaults(apiVersion, kind),
  ];
}

function apiVersionFaults(apiVersion: string, kind: string): readonly FieldError[] {
  const field = "spec.scaleTargetRef.apiVersion";
  const parts = apiVersion.split("/");
  if (parts.length > 2) return [invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  if (parts.length === 2 || (apiVersion === "v1" && kind === "ReplicationController")) return [];
  return [invalid(field, apiVersion, "apiVersion must specify API group")];
}

function validateMetric(metric: Fields, path: string): readonly FieldError[] {
  const type = (metric["type"] ?? "") as string;
  const present = sourceFields.filter((name) => metric[name] !== undefined);
  const expected = sources.includes(type) ? (type[0] as string).toLowerCase() + type.slice(1) : undefined;
  return [
    ...(type === "" ? [required(`${path}.type`, "must specify a metric source type")] : []),
    ...(sources.includes(type) ? [] : [notSupported(`${path}.type`, type, sources)]),
    ...present.slice(0, 1).flatMap((name) => validateSource(name, metric[name], `${path}.${name}`)),
    ...(expected !== undefined && !present.includes(expected)
      ? [required(`${path}.${expected}`, "must populate information for the given metric source")]
      : []),
    ...(present.length === 1
      ? []
      : present
          .filter((name) => name !== expected)
          .map((name) => forbidden(`${path}.${name}`, "must populate the given metric source only"))),
  ];
}

function validateSource(kind: string, source: Fields, path: string): readonly FieldError[] {
  const target = (source["target"] ?? {}) as Fields;
  const named =
    kind === "resource" || kind === "containerResource"
      ? source["name"]
        ? []
        : [required(`${path}.name`, "must specify a resource name")]
      : validateMetricName(source["metric"] ?? {}, `${path}.metric`);
  return [...named, ...validateMetricTarget(target, `${path}.target`), ...validateAims(kind, target, `${path}.target`)];
}

function validateMetricName({ name = "" }: Fields, path: string): readonly FieldError[] {
  return name === ""
    ? [required(`${path}.name`, "must specify a metric name")]
    : formatted(`${path}.name`, name, pathSegment);
}

function validateMetricTarget({ type = "", averageUtilization: share }: Fields, path: string): readonly FieldError[] {
  return [
    ...(type === "" ? [required(`${path}.type`, "must specify a metric target type")] : []),
    ...(targetTypes.includes(type)
      ? []
      : [invalid(`${path}.type`, type, "must be either Utilization, Value, or AverageValue")]),
    ...(share !== undefined && share < 1
      ? [invalid(`${path}.averageUtilization`, share, "must be greater than 0")]
      : []),
  ];
}

/** What is aimed at, which each kind of source may say in its own ways. */
function validateAims(kind: string, target: Fields, path: string): readonly FieldError[] {
  const { value, averageValue, averageUtilization } = target;
  switch (kind) {
    case "resource":
    case "containerResource":
      if (averageUtilization === undefined && averageValue === undefined)
        return [required(`${path}.averageUtilization`, "must set either a target raw value or a target utilization")];
      return averageUtilization !== undefined && averageValue !== undefined
        ? [forbidden(`${path}.averageValue`, "may not set both a target raw value and a target utilization")]
        : [];
    case "pods":
      return averageValue === undefined
        ? [required(`${path}.averageValue`, "must specify a positive target averageValue")]
        : [];
    case "object":
      return value === undefined && averageValue === undefined
        ? [required(`${path}.averageValue`, "must set either a target value or averageValue")]
        : [];
    default:
      if (value === undefined && averageValue === undefined)
        return [required(`${path}.averageValue`, "must set either a target value for metric or a per-pod target")];
      return value !== undefined && averageValue !== undefined
        ? [forbidden(`${path}.value`, "may not set both a target value for metric and a per-pod target")]
        : [];
  }
}

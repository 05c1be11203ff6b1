import { nanosOf, shownQuantity } from "../../go/quantity.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf, nonnegative } from "../checks.ts";
import { containerResource } from "../core/resource-names.ts";
import { dns1123Label, pathSegment } from "../formats.ts";
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
  validateStatus: (object) => {
    const status = (object["status"] ?? {}) as Fields;
    return [
      ...itemsOf(status["conditions"], "status.conditions").flatMap(([{ observedGeneration }, field]) =>
        nonnegative(`${field}.observedGeneration`, observedGeneration),
      ),
      ...["currentReplicas", "desiredReplicas"].flatMap((name) => nonnegative(`status.${name}`, status[name])),
    ];
  },
};

function validateSpec(spec: Fields, object: KubeObject): readonly FieldError[] {
  const { minReplicas = 1, maxReplicas = 0, scaleTargetRef = {}, behavior } = spec;
  const isV1 = object.apiVersion === "autoscaling/v1";
  return [
    ...(maxReplicas < minReplicas
      ? [invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`")]
      : []),
    ...validateTarget(scaleTargetRef),
    ...(isV1 ? [] : validateMetrics(spec["metrics"], minReplicas)),
    ...(behavior === undefined ? [] : validateBehavior(behavior)),
    ...nonnegative("spec.minReplicas", minReplicas),
    ...(maxReplicas === 0
      ? [required("spec.maxReplicas")]
      : maxReplicas < 1
        ? [invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to 1")]
        : []),
  ];
}

/** What is scaled to nothing comes back by something that is not its own. */
function validateMetrics(list: unknown, minReplicas: number): readonly FieldError[] {
  const metrics = itemsOf(list, "spec.metrics");
  const isOutside = metrics.some(([{ type }]) => type === "Object" || type === "External");
  const why = "must specify at least one Object or External metric to support scaling to zero replicas";
  return [
    ...metrics.flatMap(([metric, path]) => validateMetric(metric, path)),
    ...(minReplicas === 0 && !isOutside ? [forbidden("spec.metrics", why)] : []),
  ];
}

/** A CrossVersionObjectReference to what is scaled. */
function validateTarget(reference: Fields): readonly FieldError[] {
  const { kind = "", apiVersion = "" } = reference;
  return [...validateReference(reference, "spec.scaleTargetRef"), ...apiVersionFaults(apiVersion, kind)];
}

function validateReference({ kind = "", name = "" }: Fields, path: string): readonly FieldError[] {
  return [
    ...(kind === "" ? [required(`${path}.kind`)] : formatted(`${path}.kind`, kind, pathSegment)),
    ...(name === "" ? [required(`${path}.name`)] : formatted(`${path}.name`, name, pathSegment)),
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
  return [
    ...validateNames(kind, source, path),
    ...validateMetricTarget(target, `${path}.target`),
    ...validateAims(kind, target, `${path}.target`),
  ];
}

/** Of what the metric is, and what it is called. */
function validateNames(kind: string, source: Fields, path: string): readonly FieldError[] {
  const { name = "", container = "" } = source;
  const unnamed = name === "" ? [required(`${path}.name`, "must specify a resource name")] : [];
  if (kind === "resource") return unnamed;
  if (kind === "containerResource")
    return [
      ...(name === "" ? unnamed : containerResource(`${path}.name`, name)),
      ...(container === ""
        ? [required(`${path}.container`, "must specify a container")]
        : formatted(`${path}.container`, container, dns1123Label)),
    ];
  return [
    ...(kind === "object" ? validateDescribed(source["describedObject"] ?? {}, `${path}.describedObject`) : []),
    ...validateMetricName(source["metric"] ?? {}, `${path}.metric`),
  ];
}

/** Its group may be empty. */
function validateDescribed(reference: Fields, path: string): readonly FieldError[] {
  const { apiVersion = "" } = reference;
  const why = `unexpected GroupVersion string: ${apiVersion}`;
  return [
    ...validateReference(reference, path),
    ...(apiVersion.split("/").length > 2 ? [invalid(`${path}.apiVersion`, apiVersion, why)] : []),
  ];
}

function validateMetricName({ name = "" }: Fields, path: string): readonly FieldError[] {
  return name === ""
    ? [required(`${path}.name`, "must specify a metric name")]
    : formatted(`${path}.name`, name, pathSegment);
}

function validateMetricTarget(target: Fields, path: string): readonly FieldError[] {
  const { type = "", averageUtilization: share } = target;
  return [
    ...(type === "" ? [required(`${path}.type`, "must specify a metric target type")] : []),
    ...(targetTypes.includes(type)
      ? []
      : [invalid(`${path}.type`, type, "must be either Utilization, Value, or AverageValue")]),
    ...["value", "averageValue"]
      .filter((name) => target[name] !== undefined && nanosOf(target[name]) <= 0n)
      .map((name) => invalid(`${path}.${name}`, shownQuantity(target[name]), "must be positive")),
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

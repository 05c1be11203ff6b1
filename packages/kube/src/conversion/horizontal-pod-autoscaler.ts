import type { KubeObject } from "../object.ts";
import { metricToV1, metricToV2 } from "./metrics.ts";

type Fields = { readonly [field: string]: unknown };

/** Where autoscaling/v1 keeps what only later versions have fields for. */
const annotationNames = {
  metrics: "autoscaling.alpha.kubernetes.io/metrics",
  currentMetrics: "autoscaling.alpha.kubernetes.io/current-metrics",
  behavior: "autoscaling.alpha.kubernetes.io/behavior",
  conditions: "autoscaling.alpha.kubernetes.io/conditions",
} as const;

/** A HorizontalPodAutoscaler of autoscaling/v2 as v1 shows it: the use of processors in a field, all else in annotations. */
export function autoscalerToV1(object: KubeObject): KubeObject {
  const { metrics: wanted, behavior, ...spec } = (object["spec"] ?? {}) as Fields;
  const { currentMetrics: found, conditions: told, ...status } = (object["status"] ?? {}) as Fields;
  const [metrics, currentMetrics, conditions] = [listOf(wanted), listOf(found), listOf(told)];
  const cpu = metrics.find(isProcessorUse);
  const measured = currentMetrics.find(isProcessor);
  const others = metrics.filter((metric) => !isProcessorUse(metric)).map((metric) => metricToV1(metric, "target"));
  const kept: { readonly [key: string]: unknown } = {
    [annotationNames.metrics]: others.length === 0 ? undefined : others,
    [annotationNames.currentMetrics]:
      currentMetrics.length === 0 ? undefined : currentMetrics.map((metric) => metricToV1(metric, "current")),
    [annotationNames.behavior]: behavior === undefined ? undefined : behaviorInGo(behavior as Fields),
    [annotationNames.conditions]: conditions.length === 0 ? undefined : conditions,
  };
  const aim = amountOf(cpu, "target");
  const now = amountOf(measured, "current");
  return {
    ...withAnnotations(object, kept),
    apiVersion: "autoscaling/v1",
    spec: { ...spec, ...(aim === undefined ? {} : { targetCPUUtilizationPercentage: aim }) },
    ...(object["status"] === undefined
      ? {}
      : { status: { ...status, ...(now === undefined ? {} : { currentCPUUtilizationPercentage: now }) } }),
  };
}

/** One of autoscaling/v1 with what its fields and annotations say in the fields of v2. Annotations that say nothing readable go. */
export function autoscalerToV2(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: aim, ...spec } = (object["spec"] ?? {}) as Fields;
  const { currentCPUUtilizationPercentage: now, ...status } = (object["status"] ?? {}) as Fields;
  const { annotations = {} } = object.metadata;
  const listed = (name: keyof typeof annotationNames) => parsed(annotations[annotationNames[name]], Array.isArray);
  const metrics = [
    ...(listed("metrics") ?? []).map((metric) => metricToV2(metric, "target")),
    ...(aim === undefined
      ? []
      : [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: aim } } }]),
  ];
  const measured = listed("currentMetrics")?.map((metric) => metricToV2(metric, "current"));
  const currentMetrics =
    measured ??
    (now === undefined ? [] : [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: now } } }]);
  const conditions = listed("conditions") ?? [];
  const behavior = parsed(annotations[annotationNames.behavior], isFields) as Fields | undefined;
  return {
    ...withAnnotations(object, {}),
    apiVersion: "autoscaling/v2",
    spec: {
      ...spec,
      ...(metrics.length === 0 ? {} : { metrics }),
      ...(behavior === undefined || Object.keys(behavior).length === 0 ? {} : { behavior: behaviorFromGo(behavior) }),
    },
    ...(object["status"] === undefined && currentMetrics.length === 0 && conditions.length === 0
      ? {}
      : {
          status: {
            ...status,
            ...(currentMetrics.length === 0 ? {} : { currentMetrics }),
            ...(conditions.length === 0 ? {} : { conditions }),
          },
        }),
  };
}

function listOf(value: unknown): readonly Fields[] {
  return (value ?? []) as readonly Fields[];
}

function isProcessor({ type, resource }: Fields): boolean {
  return type === "Resource" && (resource as Fields | undefined)?.["name"] === "cpu";
}

function isProcessorUse(metric: Fields): boolean {
  return isProcessor(metric) && amountOf(metric, "target") !== undefined;
}

function amountOf(metric: Fields | undefined, part: "target" | "current"): unknown {
  const resource = metric?.["resource"] as Fields | undefined;
  return (resource?.[part] as Fields | undefined)?.["averageUtilization"];
}

/** The object with these annotations, and with none of the others that carry fields. */
function withAnnotations(object: KubeObject, kept: { readonly [key: string]: unknown }): KubeObject {
  const { annotations, ...metadata } = object.metadata;
  const carriers = new Set<string>(Object.values(annotationNames));
  const others = Object.entries(annotations ?? {}).filter(([name]) => !carriers.has(name));
  const written = Object.entries(kept).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, JSON.stringify(value)] as const],
  );
  const all = Object.fromEntries([...others, ...written]);
  return { ...object, metadata: Object.keys(all).length === 0 ? metadata : { ...metadata, annotations: all } };
}

function parsed(text: string | undefined, isRight: (value: unknown) => boolean): readonly Fields[] | undefined {
  try {
    const value = JSON.parse(text ?? "null") as unknown;
    return isRight(value) ? (value as readonly Fields[]) : undefined;
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const capital = (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}`;
const small = (name: string) => `${name[0]?.toLowerCase()}${name.slice(1)}`;

const rulesFields = ["stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance"];
const policyFields = ["type", "value", "periodSeconds"];

/** The behavior in the annotation is upstream's internal type, which has no names for JSON: Go's own, and null for what is absent. */
function behaviorInGo(behavior: Fields): Fields {
  const rules = (value: unknown) =>
    value === undefined
      ? null
      : named(rulesFields, value as Fields, (name, each) =>
          name === "policies" ? (each as readonly Fields[]).map((policy) => named(policyFields, policy)) : each,
        );
  return { ScaleUp: rules(behavior["scaleUp"]), ScaleDown: rules(behavior["scaleDown"]) };
}

function named(
  names: readonly string[],
  fields: Fields,
  write: (name: string, value: unknown) => unknown = (_name, value) => value,
): Fields {
  return Object.fromEntries(
    names.map((name) => [capital(name), fields[name] === undefined ? null : write(name, fields[name])]),
  );
}

/** Go reads names whatever their case. */
function behaviorFromGo(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(behaviorFromGo);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value as Fields).flatMap(([name, each]) =>
      each === null ? [] : [[small(name), behaviorFromGo(each)] as const],
    ),
  );
}

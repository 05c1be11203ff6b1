import { humanDurationOf } from "../duration.ts";
import type { KubeObject } from "../object.ts";
import {
  ageOf,
  type Cell,
  conditionOf,
  containersOf,
  type Fields,
  type Layout,
  type Layouts,
  labelsText,
  nameOf,
  replicasLayout,
  selectorText,
  spec,
  status,
} from "./layout.ts";

/** Metrics beyond these are counted, not shown. */
const shownMetrics = 2;

const horizontalPodAutoscaler: Layout = {
  columns: ["Name/name", "Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"],
  row: autoscalerRow,
};

/** apps, batch, autoscaling and policy. */
export const workloadLayouts: Layouts = {
  "apps/controllerrevisions": {
    columns: ["Name/name", "Controller", "Revision", "Age"],
    row: (object, now) => [
      nameOf(object),
      controllerText(object),
      (object["revision"] as number) ?? 0,
      ageOf(object, now),
    ],
  },
  "apps/daemonsets": {
    columns: [
      "Name/name",
      "Desired:integer",
      "Current:integer",
      "Ready:integer",
      "Up-to-date:integer",
      "Available:integer",
      "Node Selector",
      "Age",
      "+Containers",
      "+Images",
      "+Selector",
    ],
    row: (object, now) => [
      nameOf(object),
      ...[
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
      ].map((key) => status(object)[key] ?? 0),
      labelsText(spec(object)["template"]?.["spec"]?.["nodeSelector"]),
      ageOf(object, now),
      ...containersOf(spec(object)["template"]),
      selectorText(spec(object)["selector"]),
    ],
  },
  "apps/deployments": {
    columns: ["Name/name", "Ready", "Up-to-date", "Available", "Age", "+Containers", "+Images", "+Selector"],
    row: (object, now) => [
      nameOf(object),
      `${status(object)["readyReplicas"] ?? 0}/${spec(object)["replicas"] ?? 0}`,
      status(object)["updatedReplicas"] ?? 0,
      status(object)["availableReplicas"] ?? 0,
      ageOf(object, now),
      ...containersOf(spec(object)["template"]),
      selectorText(spec(object)["selector"]),
    ],
  },
  "apps/replicasets": replicasLayout(selectorText),
  "apps/statefulsets": {
    columns: ["Name/name", "Ready", "Age", "+Containers", "+Images"],
    row: (object, now) => [
      nameOf(object),
      `${status(object)["readyReplicas"] ?? 0}/${spec(object)["replicas"] ?? 0}`,
      ageOf(object, now),
      ...containersOf(spec(object)["template"]),
    ],
  },
  "autoscaling/horizontalpodautoscalers": horizontalPodAutoscaler,
  "batch/cronjobs": {
    columns: [
      "Name/name",
      "Schedule",
      "Timezone",
      "Suspend:boolean",
      "Active:integer",
      "Last Schedule",
      "Age",
      "+Containers",
      "+Images",
      "+Selector",
    ],
    row: cronJobRow,
  },
  "batch/jobs": {
    columns: ["Name/name", "Status", "Completions", "Duration", "Age", "+Containers", "+Images", "+Selector"],
    row: jobRow,
  },
  "policy/poddisruptionbudgets": {
    columns: ["Name/name", "Min Available", "Max Unavailable", "Allowed Disruptions:integer", "Age"],
    row: (object, now) => [
      nameOf(object),
      String(spec(object)["minAvailable"] ?? "N/A"),
      String(spec(object)["maxUnavailable"] ?? "N/A"),
      status(object)["disruptionsAllowed"] ?? 0,
      ageOf(object, now),
    ],
  },
};

function controllerText(object: KubeObject): string {
  const owner = (object.metadata.ownerReferences ?? []).find(({ controller }) => controller === true);
  if (owner === undefined) return "<none>";
  const [group, version] = owner.apiVersion.split("/");
  const kind = owner.kind.toLowerCase();
  return `${version === undefined ? kind : `${kind}.${group}`}/${owner.name}`;
}

function autoscalerRow(object: KubeObject, now: number): readonly Cell[] {
  const target = (spec(object)["scaleTargetRef"] ?? {}) as Fields;
  return [
    nameOf(object),
    `${target["kind"] ?? ""}/${target["name"] ?? ""}`,
    metricsText(object),
    spec(object)["minReplicas"] === undefined ? "<unset>" : String(spec(object)["minReplicas"]),
    spec(object)["maxReplicas"] ?? 0,
    status(object)["currentReplicas"] ?? 0,
    ageOf(object, now),
  ];
}

/** `cpu: 10%/50%`, of as many metrics as fit. */
function metricsText(object: KubeObject): string {
  const wanted = (spec(object)["metrics"] ?? []) as Fields[];
  const simple = spec(object)["targetCPUUtilizationPercentage"] as number | undefined;
  if (simple !== undefined) return `cpu: ${percent(status(object)["currentCPUUtilizationPercentage"])}/${simple}%`;
  if (wanted.length === 0) return "<none>";
  const current = (status(object)["currentMetrics"] ?? []) as Fields[];
  const texts = wanted.slice(0, shownMetrics).map((metric, i) => metricText(metric, current[i]));
  const rest = wanted.length - texts.length;
  return texts.join(", ") + (rest > 0 ? ` + ${rest} more...` : "");
}

const metricFields: { readonly [type: string]: string } = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
};

function metricText(metric: Fields, current: Fields | undefined): string {
  const field = metricFields[metric["type"]];
  if (field === undefined) return "<unknown type>";
  const target = (metric[field]?.["target"] ?? {}) as Fields;
  const now = (current?.[field]?.["current"] ?? {}) as Fields;
  const name = field === "resource" || field === "containerResource" ? `${metric[field]?.["name"]}: ` : "";
  if (target["averageUtilization"] !== undefined)
    return `${name}${percent(now["averageUtilization"])}/${target["averageUtilization"]}%`;
  if (target["averageValue"] !== undefined)
    return `${name}${now["averageValue"] ?? "<unknown>"}/${target["averageValue"]}${field === "external" || field === "object" ? " (avg)" : ""}`;
  return `${name}${now["value"] ?? "<unknown>"}/${target["value"] ?? "<auto>"}`;
}

function percent(value: unknown): string {
  return value === undefined ? "<unknown>" : `${String(value)}%`;
}

function cronJobRow(object: KubeObject, now: number): readonly Cell[] {
  const last = status(object)["lastScheduleTime"] as string | undefined;
  const job = (spec(object)["jobTemplate"]?.["spec"] ?? {}) as Fields;
  return [
    nameOf(object),
    spec(object)["schedule"] ?? "",
    spec(object)["timeZone"] ?? "<none>",
    spec(object)["suspend"] === true ? "True" : "False",
    ((status(object)["active"] ?? []) as unknown[]).length,
    last === undefined ? "<none>" : humanDurationOf(last, now),
    ageOf(object, now),
    ...containersOf(job["template"]),
    selectorText(job["selector"]),
  ];
}

function jobRow(object: KubeObject, now: number): readonly Cell[] {
  const { completions, parallelism } = spec(object);
  const succeeded = status(object)["succeeded"] ?? 0;
  const wanted = completions ?? ((parallelism ?? 0) > 1 ? `1 of ${parallelism}` : 1);
  const start = status(object)["startTime"] as string | undefined;
  const end = status(object)["completionTime"] as string | undefined;
  return [
    nameOf(object),
    jobStatus(object),
    `${succeeded}/${wanted}`,
    start === undefined ? "" : humanDurationOf(start, end === undefined ? now : Date.parse(end)),
    ageOf(object, now),
    ...containersOf(spec(object)["template"]),
    selectorText(spec(object)["selector"]),
  ];
}

function jobStatus(object: KubeObject): string {
  const isTrue = (type: string) => conditionOf(object, type)?.["status"] === "True";
  if (isTrue("Complete")) return "Complete";
  if (isTrue("Failed")) return "Failed";
  if (object.metadata.deletionTimestamp) return "Terminating";
  if (isTrue("Suspended")) return "Suspended";
  if (isTrue("FailureTarget")) return "FailureTarget";
  return isTrue("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

import { humanDurationOf } from "../duration.ts";
import type { KubeObject } from "../object.ts";
import {
  accessModes,
  ageOf,
  type Cell,
  conditionOf,
  containersOf,
  createdAt,
  type Fields,
  type Layout,
  type Layouts,
  labelsText,
  nameOf,
  replicasLayout,
  sizeOf,
  spec,
  status,
} from "./layout.ts";
import { podConditions, podRow } from "./pod.ts";

/** Ports of endpoints beyond these are counted, not shown. */
const shownEndpoints = 3;

const events: Layout = {
  columns: [
    "Last Seen",
    "Type",
    "Reason",
    "Object",
    "+Subobject",
    "+Source",
    "Message",
    "+First Seen",
    "+Count",
    "+Name/name",
  ],
  row: eventRow,
};

export const coreLayouts: Layouts = {
  componentstatuses: {
    columns: ["Name/name", "Status", "Message", "Error"],
    row: (object) => [nameOf(object), "Unknown", "", ""],
  },
  configmaps: {
    columns: ["Name/name", "Data", "Age"],
    row: (object, now) => [nameOf(object), sizeOf(object["data"]) + sizeOf(object["binaryData"]), ageOf(object, now)],
  },
  endpoints: {
    columns: ["Name/name", "Endpoints", "Age"],
    row: (object, now) => [nameOf(object), endpointsText(object), ageOf(object, now)],
  },
  events,
  "events.k8s.io/events": events,
  limitranges: createdAt,
  namespaces: {
    columns: ["Name/name", "Status", "Age"],
    row: (object, now) => [nameOf(object), status(object)["phase"] ?? "", ageOf(object, now)],
  },
  nodes: {
    columns: [
      "Name/name",
      "Status",
      "Roles",
      "Age",
      "Version",
      "+Internal-IP",
      "+External-IP",
      "+OS-Image",
      "+Kernel-Version",
      "+Container-Runtime",
    ],
    row: nodeRow,
  },
  persistentvolumeclaims: {
    columns: [
      "Name/name",
      "Status",
      "Volume",
      "Capacity",
      "Access Modes",
      "StorageClass",
      "VolumeAttributesClass",
      "Age",
      "+VolumeMode",
    ],
    row: claimRow,
  },
  persistentvolumes: {
    columns: [
      "Name/name",
      "Capacity",
      "Access Modes",
      "Reclaim Policy",
      "Status",
      "Claim",
      "StorageClass",
      "VolumeAttributesClass",
      "Reason",
      "Age",
      "+VolumeMode",
    ],
    row: volumeRow,
  },
  pods: {
    columns: ["Name/name", "Ready", "Status", "Restarts", "Age", "+IP", "+Node", "+Nominated Node", "+Readiness Gates"],
    row: podRow,
    conditions: podConditions,
  },
  podtemplates: {
    columns: ["Name/name", "Containers", "Images", "Pod Labels"],
    row: (object) => {
      const template = object["template"] as Fields | undefined;
      return [nameOf(object), ...containersOf(template), labelsText(template?.["metadata"]?.["labels"])];
    },
  },
  replicationcontrollers: replicasLayout(labelsText),
  resourcequotas: {
    columns: ["Name/name", "Request", "Limit", "Age"],
    row: (object, now) => [nameOf(object), quotaText(object, false), quotaText(object, true), ageOf(object, now)],
  },
  secrets: {
    columns: ["Name/name", "Type", "Data", "Age"],
    row: (object, now) => [
      nameOf(object),
      (object["type"] as string) ?? "",
      sizeOf(object["data"]),
      ageOf(object, now),
    ],
  },
  serviceaccounts: {
    columns: ["Name/name", "Age"],
    row: (object, now) => [nameOf(object), ageOf(object, now)],
  },
  services: {
    columns: ["Name/name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "+Selector"],
    row: serviceRow,
  },
};

function endpointsText(object: KubeObject): string {
  const all = ((object["subsets"] ?? []) as Fields[]).flatMap((subset) => {
    const addresses = ((subset["addresses"] ?? []) as Fields[]).map((each) => each["ip"] as string);
    const ports = (subset["ports"] ?? []) as Fields[];
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) =>
      addresses.map((ip) => (ip.includes(":") ? `[${ip}]:${port["port"]}` : `${ip}:${port["port"]}`)),
    );
  });
  const shown = all.slice(0, shownEndpoints).join(",");
  if (shown === "") return "<none>";
  return all.length > shownEndpoints ? `${shown} + ${all.length - shownEndpoints} more...` : shown;
}

function eventRow(object: KubeObject, now: number): readonly Cell[] {
  const about = (object["involvedObject"] ?? object["regarding"] ?? {}) as Fields;
  const source = (object["source"] ?? object["deprecatedSource"] ?? {}) as Fields;
  const series = object["series"] as Fields | undefined;
  const eventTime = object["eventTime"] as string | undefined;
  const firstStamp = (object["firstTimestamp"] ?? object["deprecatedFirstTimestamp"] ?? eventTime) as
    | string
    | undefined;
  const lastStamp = (series?.["lastObservedTime"] ??
    object["lastTimestamp"] ??
    object["deprecatedLastTimestamp"] ??
    firstStamp) as string | undefined;
  const component = (source["component"] ||
    (object["reportingComponent"] ?? object["reportingController"] ?? "")) as string;
  const host = (source["host"] || (object["reportingInstance"] ?? "")) as string;
  const count = (series?.["count"] ?? object["count"] ?? object["deprecatedCount"] ?? 1) as number;
  const kind = String(about["kind"] ?? "").toLowerCase();
  return [
    humanDurationOf(lastStamp, now),
    (object["type"] as string) ?? "",
    (object["reason"] as string) ?? "",
    about["name"] ? `${kind}/${about["name"]}` : kind,
    about["fieldPath"] ?? "",
    host === "" ? component : `${component}, ${host}`,
    String(object["message"] ?? object["note"] ?? "").trim(),
    humanDurationOf(firstStamp, now),
    count,
    nameOf(object),
  ];
}

function nodeRow(object: KubeObject, now: number): readonly Cell[] {
  const info = (status(object)["nodeInfo"] ?? {}) as Fields;
  const ready = conditionOf(object, "Ready")?.["status"];
  const state = ready === "True" ? "Ready" : ready === undefined ? "Unknown" : "NotReady";
  const address = (type: string) =>
    ((status(object)["addresses"] ?? []) as Fields[]).find((each) => each["type"] === type)?.["address"] ?? "<none>";
  const roles = Object.entries(object.metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith("node-role.kubernetes.io/"))
      return [key.slice("node-role.kubernetes.io/".length)].filter(Boolean);
    return key === "kubernetes.io/role" && value !== "" ? [value] : [];
  });
  return [
    nameOf(object),
    spec(object)["unschedulable"] === true ? `${state},SchedulingDisabled` : state,
    [...new Set(roles)].sort().join(",") || "<none>",
    ageOf(object, now),
    info["kubeletVersion"] ?? "",
    address("InternalIP"),
    address("ExternalIP"),
    info["osImage"] || "<unknown>",
    `${info["kernelVersion"] || "<unknown>"}${info["architecture"] ? ` (${info["architecture"]})` : ""}`,
    info["containerRuntimeVersion"] || "<unknown>",
  ];
}

function claimRow(object: KubeObject, now: number): readonly Cell[] {
  const isBound = Boolean(spec(object)["volumeName"]);
  return [
    nameOf(object),
    object.metadata.deletionTimestamp ? "Terminating" : (status(object)["phase"] ?? ""),
    spec(object)["volumeName"] ?? "",
    isBound ? (status(object)["capacity"]?.["storage"] ?? "0") : "",
    isBound ? accessModes(status(object)["accessModes"]) : "",
    storageClassOf(object),
    spec(object)["volumeAttributesClassName"] ?? "<unset>",
    ageOf(object, now),
    spec(object)["volumeMode"] ?? "<unset>",
  ];
}

/** The old annotation goes before the field. */
function storageClassOf(object: KubeObject): string {
  return (
    object.metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ?? spec(object)["storageClassName"] ?? ""
  );
}

function volumeRow(object: KubeObject, now: number): readonly Cell[] {
  const claim = spec(object)["claimRef"] as Fields | undefined;
  return [
    nameOf(object),
    spec(object)["capacity"]?.["storage"] ?? "0",
    accessModes(spec(object)["accessModes"]),
    spec(object)["persistentVolumeReclaimPolicy"] ?? "",
    object.metadata.deletionTimestamp ? "Terminating" : (status(object)["phase"] ?? ""),
    claim === undefined ? "" : `${claim["namespace"] ?? ""}/${claim["name"] ?? ""}`,
    storageClassOf(object),
    spec(object)["volumeAttributesClassName"] ?? "<unset>",
    status(object)["reason"] ?? "",
    ageOf(object, now),
    spec(object)["volumeMode"] ?? "<unset>",
  ];
}

function quotaText(object: KubeObject, limits: boolean): string {
  const hard = (status(object)["hard"] ?? {}) as Fields;
  const used = (status(object)["used"] ?? {}) as Fields;
  const keys = Object.keys(hard).filter((key) => key.startsWith("limits.") === limits);
  return keys
    .sort()
    .map((key) => `${key}: ${used[key] ?? "0"}/${hard[key]}`)
    .join(", ");
}

function serviceRow(object: KubeObject, now: number): readonly Cell[] {
  const ports = ((spec(object)["ports"] ?? []) as Fields[]).map(
    (port) => `${port["port"]}${port["nodePort"] ? `:${port["nodePort"]}` : ""}/${port["protocol"] ?? "TCP"}`,
  );
  return [
    nameOf(object),
    spec(object)["type"] ?? "",
    spec(object)["clusterIP"] || "<none>",
    externalIp(object),
    ports.join(",") || "<none>",
    ageOf(object, now),
    labelsText(spec(object)["selector"]),
  ];
}

function externalIp(object: KubeObject): string {
  const given = (spec(object)["externalIPs"] ?? []) as string[];
  switch (spec(object)["type"]) {
    case "ExternalName":
      return spec(object)["externalName"] ?? "";
    case "LoadBalancer": {
      const ingress = ((status(object)["loadBalancer"]?.["ingress"] ?? []) as Fields[]).map(
        (each) => each["ip"] ?? each["hostname"] ?? "",
      );
      const all = [...ingress, ...given].filter(Boolean);
      return all.length === 0 ? "<pending>" : [...new Set(all)].join(",");
    }
    case "ClusterIP":
    case "NodePort":
      return given.join(",") || "<none>";
    // Of a type that was not said, as bookmarks have it.
    default:
      return "<unknown>";
  }
}

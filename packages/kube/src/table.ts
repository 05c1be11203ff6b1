import { humanDurationOf } from "./duration.ts";
import type { KubeObject } from "./object.ts";
import { podRow } from "./table-pod.ts";

export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 always, 1 with `-o wide`. */
  readonly priority: number;
}

type Cell = string | number | boolean | null;

interface Layout {
  /** Names as kubectl heads them; a `+` before the name means wide only. */
  readonly columns: readonly string[];
  readonly row: (object: KubeObject, now: number) => readonly Cell[];
}

// biome-ignore lint/suspicious/noExplicitAny: rows read a few known fields of many kinds; a wrong one shows as an empty cell
type Fields = { readonly [field: string]: any };

function spec(object: KubeObject): Fields {
  return (object["spec"] ?? {}) as Fields;
}

function status(object: KubeObject): Fields {
  return (object["status"] ?? {}) as Fields;
}

function nameOf(object: KubeObject): string {
  return object.metadata.name ?? "";
}

function ageOf(object: KubeObject, now: number): string {
  return humanDurationOf(object.metadata.creationTimestamp, now);
}

function selectorText(selector: Fields | undefined): string {
  const labels = (selector?.["matchLabels"] ?? {}) as Fields;
  const text = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  return text === "" ? "<none>" : text;
}

function images(object: KubeObject): readonly string[] {
  const containers = (spec(object)["template"]?.["spec"]?.["containers"] ?? []) as Fields[];
  return [containers.map((each) => each["name"]).join(","), containers.map((each) => each["image"]).join(",")];
}

function size(value: unknown): number {
  return Object.keys((value ?? {}) as object).length;
}

const generic: Layout = { columns: ["Name", "Age"], row: (object, now) => [nameOf(object), ageOf(object, now)] };

/** Column layouts of kube-apiserver's printers, by group and resource. Others show name and age. */
const layouts: { readonly [resource: string]: Layout } = {
  pods: {
    columns: ["Name", "Ready", "Status", "Restarts", "Age", "+IP", "+Node", "+Nominated Node", "+Readiness Gates"],
    row: podRow,
  },
  namespaces: {
    columns: ["Name", "Status", "Age"],
    row: (object, now) => [nameOf(object), status(object)["phase"] ?? "", ageOf(object, now)],
  },
  nodes: {
    columns: [
      "Name",
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
    row: (object, now) => {
      const info = (status(object)["nodeInfo"] ?? {}) as Fields;
      const ready = ((status(object)["conditions"] ?? []) as Fields[]).find((each) => each["type"] === "Ready")?.[
        "status"
      ];
      const address = (type: string) =>
        ((status(object)["addresses"] ?? []) as Fields[]).find((each) => each["type"] === type)?.["address"] ??
        "<none>";
      const state = ready === "True" ? "Ready" : ready === undefined ? "Unknown" : "NotReady";
      const roles = Object.keys(object.metadata.labels ?? {}).flatMap((key) =>
        key.startsWith("node-role.kubernetes.io/") ? [key.slice(24)] : [],
      );
      return [
        nameOf(object),
        spec(object)["unschedulable"] === true ? `${state},SchedulingDisabled` : state,
        roles.sort().join(",") || "<none>",
        ageOf(object, now),
        info["kubeletVersion"] ?? "",
        address("InternalIP"),
        address("ExternalIP"),
        info["osImage"] ?? "<unknown>",
        info["kernelVersion"] ?? "<unknown>",
        info["containerRuntimeVersion"] ?? "<unknown>",
      ];
    },
  },
  configmaps: {
    columns: ["Name", "Data", "Age"],
    row: (object, now) => [nameOf(object), size(object["data"]) + size(object["binaryData"]), ageOf(object, now)],
  },
  secrets: {
    columns: ["Name", "Type", "Data", "Age"],
    row: (object, now) => [nameOf(object), (object["type"] as string) ?? "", size(object["data"]), ageOf(object, now)],
  },
  serviceaccounts: {
    columns: ["Name", "Secrets", "Age"],
    row: (object, now) => [nameOf(object), ((object["secrets"] ?? []) as unknown[]).length, ageOf(object, now)],
  },
  services: {
    columns: ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "+Selector"],
    row: (object, now) => {
      const ports = ((spec(object)["ports"] ?? []) as Fields[]).map(
        (port) => `${port["port"]}${port["nodePort"] ? `:${port["nodePort"]}` : ""}/${port["protocol"] ?? "TCP"}`,
      );
      const selector = Object.entries((spec(object)["selector"] ?? {}) as Fields).map(
        ([key, value]) => `${key}=${value}`,
      );
      const external =
        ((spec(object)["externalIPs"] ?? []) as string[]).join(",") ||
        (spec(object)["type"] === "LoadBalancer" ? "<pending>" : "<none>");
      return [
        nameOf(object),
        spec(object)["type"] ?? "ClusterIP",
        spec(object)["clusterIP"] ?? "<none>",
        external,
        ports.join(",") || "<none>",
        ageOf(object, now),
        selector.join(",") || "<none>",
      ];
    },
  },
  "apps/deployments": {
    columns: ["Name", "Ready", "Up-to-date", "Available", "Age", "+Containers", "+Images", "+Selector"],
    row: (object, now) => [
      nameOf(object),
      `${status(object)["readyReplicas"] ?? 0}/${spec(object)["replicas"] ?? 0}`,
      status(object)["updatedReplicas"] ?? 0,
      status(object)["availableReplicas"] ?? 0,
      ageOf(object, now),
      ...images(object),
      selectorText(spec(object)["selector"]),
    ],
  },
  "apps/replicasets": {
    columns: ["Name", "Desired", "Current", "Ready", "Age", "+Containers", "+Images", "+Selector"],
    row: (object, now) => [
      nameOf(object),
      spec(object)["replicas"] ?? 0,
      status(object)["replicas"] ?? 0,
      status(object)["readyReplicas"] ?? 0,
      ageOf(object, now),
      ...images(object),
      selectorText(spec(object)["selector"]),
    ],
  },
  "apps/statefulsets": {
    columns: ["Name", "Ready", "Age", "+Containers", "+Images"],
    row: (object, now) => [
      nameOf(object),
      `${status(object)["readyReplicas"] ?? 0}/${spec(object)["replicas"] ?? 0}`,
      ageOf(object, now),
      ...images(object),
    ],
  },
  "apps/daemonsets": {
    columns: [
      "Name",
      "Desired",
      "Current",
      "Ready",
      "Up-to-date",
      "Available",
      "Node Selector",
      "Age",
      "+Containers",
      "+Images",
      "+Selector",
    ],
    row: (object, now) => {
      const counts = [
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
      ].map((key) => status(object)[key] ?? 0);
      return [
        nameOf(object),
        ...counts,
        "<none>",
        ageOf(object, now),
        ...images(object),
        selectorText(spec(object)["selector"]),
      ];
    },
  },
  "batch/jobs": {
    columns: ["Name", "Status", "Completions", "Duration", "Age", "+Containers", "+Images", "+Selector"],
    row: (object, now) => {
      const state =
        ((status(object)["conditions"] ?? []) as Fields[]).find((each) => each["status"] === "True")?.["type"] ??
        "Running";
      return [
        nameOf(object),
        state,
        `${status(object)["succeeded"] ?? 0}/${spec(object)["completions"] ?? 1}`,
        humanDurationOf(status(object)["startTime"], now).replace("<unknown>", ""),
        ageOf(object, now),
        ...images(object),
        selectorText(spec(object)["selector"]),
      ];
    },
  },
  "batch/cronjobs": {
    columns: ["Name", "Schedule", "Timezone", "Suspend", "Active", "Last Schedule", "Age"],
    row: (object, now) => [
      nameOf(object),
      spec(object)["schedule"] ?? "",
      spec(object)["timeZone"] ?? "<none>",
      spec(object)["suspend"] === true ? "True" : "False",
      ((status(object)["active"] ?? []) as unknown[]).length,
      status(object)["lastScheduleTime"] === undefined
        ? "<none>"
        : humanDurationOf(status(object)["lastScheduleTime"], now),
      ageOf(object, now),
    ],
  },
  "networking.k8s.io/ingresses": {
    columns: ["Name", "Class", "Hosts", "Address", "Ports", "Age"],
    row: (object, now) => {
      const hosts = ((spec(object)["rules"] ?? []) as Fields[]).map((rule) => rule["host"]).filter(Boolean);
      return [
        nameOf(object),
        spec(object)["ingressClassName"] ?? "<none>",
        hosts.join(",") || "*",
        "",
        spec(object)["tls"] === undefined ? "80" : "80, 443",
        ageOf(object, now),
      ];
    },
  },
  "networking.k8s.io/ingressclasses": {
    columns: ["Name", "Controller", "Parameters", "Age"],
    row: (object, now) => [nameOf(object), spec(object)["controller"] ?? "", "<none>", ageOf(object, now)],
  },
  "networking.k8s.io/networkpolicies": {
    columns: ["Name", "Pod-Selector", "Age"],
    row: (object, now) => [nameOf(object), selectorText(spec(object)["podSelector"]), ageOf(object, now)],
  },
  events: {
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
      "+Name",
    ],
    row: (object, now) => {
      const about = (object["involvedObject"] ?? {}) as Fields;
      const source = (object["source"] ?? {}) as Fields;
      const last = humanDurationOf(
        (object["lastTimestamp"] ?? object["eventTime"] ?? object.metadata.creationTimestamp) as string,
        now,
      );
      const first = humanDurationOf((object["firstTimestamp"] ?? object["eventTime"]) as string, now);
      return [
        last,
        object["type"] as string,
        object["reason"] as string,
        `${String(about["kind"] ?? "").toLowerCase()}/${about["name"] ?? ""}`,
        about["fieldPath"] ?? "",
        source["component"] ?? "",
        String(object["message"] ?? "").trim(),
        first,
        (object["count"] as number) ?? 1,
        nameOf(object),
      ];
    },
  },
  persistentvolumeclaims: {
    columns: [
      "Name",
      "Status",
      "Volume",
      "Capacity",
      "Access Modes",
      "StorageClass",
      "VolumeAttributesClass",
      "Age",
      "+VolumeMode",
    ],
    row: (object, now) => [
      nameOf(object),
      status(object)["phase"] ?? "Pending",
      spec(object)["volumeName"] ?? "",
      status(object)["capacity"]?.["storage"] ?? "",
      accessModes(status(object)["accessModes"]),
      spec(object)["storageClassName"] ?? "",
      spec(object)["volumeAttributesClassName"] ?? "<unset>",
      ageOf(object, now),
      spec(object)["volumeMode"] ?? "<unset>",
    ],
  },
  persistentvolumes: {
    columns: [
      "Name",
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
    row: (object, now) => {
      const claim = spec(object)["claimRef"] as Fields | undefined;
      return [
        nameOf(object),
        spec(object)["capacity"]?.["storage"] ?? "",
        accessModes(spec(object)["accessModes"]),
        spec(object)["persistentVolumeReclaimPolicy"] ?? "",
        status(object)["phase"] ?? "",
        claim === undefined ? "" : `${claim["namespace"]}/${claim["name"]}`,
        spec(object)["storageClassName"] ?? "",
        spec(object)["volumeAttributesClassName"] ?? "<unset>",
        status(object)["reason"] ?? "",
        ageOf(object, now),
        spec(object)["volumeMode"] ?? "<unset>",
      ];
    },
  },
  "storage.k8s.io/storageclasses": {
    columns: ["Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion", "Age"],
    row: (object, now) => {
      const isDefault = object.metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
      return [
        `${nameOf(object)}${isDefault ? " (default)" : ""}`,
        (object["provisioner"] as string) ?? "",
        (object["reclaimPolicy"] as string) ?? "Delete",
        (object["volumeBindingMode"] as string) ?? "Immediate",
        object["allowVolumeExpansion"] === true,
        ageOf(object, now),
      ];
    },
  },
  "rbac.authorization.k8s.io/roles": {
    columns: ["Name", "Created At"],
    row: (object) => [nameOf(object), object.metadata.creationTimestamp ?? ""],
  },
  "rbac.authorization.k8s.io/clusterroles": {
    columns: ["Name", "Created At"],
    row: (object) => [nameOf(object), object.metadata.creationTimestamp ?? ""],
  },
  "rbac.authorization.k8s.io/rolebindings": bindingLayout(),
  "rbac.authorization.k8s.io/clusterrolebindings": bindingLayout(),
  "coordination.k8s.io/leases": {
    columns: ["Name", "Holder", "Age"],
    row: (object, now) => [nameOf(object), spec(object)["holderIdentity"] ?? "", ageOf(object, now)],
  },
  "node.k8s.io/runtimeclasses": {
    columns: ["Name", "Handler", "Age"],
    row: (object, now) => [nameOf(object), (object["handler"] as string) ?? "", ageOf(object, now)],
  },
  "scheduling.k8s.io/priorityclasses": {
    columns: ["Name", "Value", "Global-Default", "Age", "PreemptionPolicy"],
    row: (object, now) => [
      nameOf(object),
      (object["value"] as number) ?? 0,
      object["globalDefault"] === true,
      ageOf(object, now),
      (object["preemptionPolicy"] as string) ?? "PreemptLowerPriority",
    ],
  },
  resourcequotas: {
    columns: ["Name", "Request", "Limit", "Age"],
    row: (object, now) => [nameOf(object), quotaText(object, false), quotaText(object, true), ageOf(object, now)],
  },
  limitranges: {
    columns: ["Name", "Created At"],
    row: (object) => [nameOf(object), object.metadata.creationTimestamp ?? ""],
  },
  "policy/poddisruptionbudgets": {
    columns: ["Name", "Min Available", "Max Unavailable", "Allowed Disruptions", "Age"],
    row: (object, now) => [
      nameOf(object),
      spec(object)["minAvailable"] ?? "N/A",
      spec(object)["maxUnavailable"] ?? "N/A",
      status(object)["disruptionsAllowed"] ?? 0,
      ageOf(object, now),
    ],
  },
  "admissionregistration.k8s.io/validatingwebhookconfigurations": webhookLayout(),
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": webhookLayout(),
};

function bindingLayout(): Layout {
  return {
    columns: ["Name", "Role", "Age"],
    row: (object, now) => [
      nameOf(object),
      `${(object["roleRef"] as Fields)["kind"]}/${(object["roleRef"] as Fields)["name"]}`,
      ageOf(object, now),
    ],
  };
}

function webhookLayout(): Layout {
  return {
    columns: ["Name", "Webhooks", "Age"],
    row: (object, now) => [nameOf(object), ((object["webhooks"] ?? []) as unknown[]).length, ageOf(object, now)],
  };
}

function accessModes(modes: unknown): string {
  const short: Fields = { ReadWriteOnce: "RWO", ReadOnlyMany: "ROX", ReadWriteMany: "RWX", ReadWriteOncePod: "RWOP" };
  return ((modes ?? []) as string[]).map((mode) => short[mode] ?? mode).join(",");
}

function quotaText(object: KubeObject, limits: boolean): string {
  const hard = (status(object)["hard"] ?? spec(object)["hard"] ?? {}) as Fields;
  const used = (status(object)["used"] ?? {}) as Fields;
  const keys = Object.keys(hard)
    .filter((key) => key.startsWith("limits.") === limits)
    .sort();
  return keys.map((key) => `${key}: ${used[key] ?? "0"}/${hard[key]}`).join(", ");
}

/** meta.k8s.io/v1 Table of objects; `include` says how much of each object goes with its row. */
export function tableOf(
  group: string,
  resource: string,
  objects: readonly KubeObject[],
  now: number,
  include: "Metadata" | "None" | "Object" = "Metadata",
): { readonly [field: string]: unknown } {
  const layout = layouts[group === "" || group === "events.k8s.io" ? resource : `${group}/${resource}`] ?? generic;
  const columnDefinitions = layout.columns.map((written): TableColumn => {
    const name = written.replace(/^\+/, "");
    return {
      name,
      type: "string",
      format: name === "Name" ? "name" : "",
      description: "",
      priority: written.startsWith("+") ? 1 : 0,
    };
  });
  const rows = objects.map((object) => ({ cells: layout.row(object, now), object: partOf(object, include) }));
  return { kind: "Table", apiVersion: "meta.k8s.io/v1", metadata: {}, columnDefinitions, rows };
}

function partOf(object: KubeObject, include: "Metadata" | "None" | "Object"): unknown {
  if (include === "Object") return object;
  if (include === "None") return null;
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

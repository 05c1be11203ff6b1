import { humanDurationOf } from "../duration.ts";
import type { KubeObject } from "../object.ts";
import {
  ageOf,
  type Cell,
  conditionOf,
  createdAt,
  type Fields,
  type Layout,
  type Layouts,
  labelsText,
  nameOf,
  selectorText,
  spec,
  status,
} from "./layout.ts";

/** Networking, discovery, RBAC, admission registration, certificates, scheduling, flow control and extension of the API. */
export const clusterLayouts: Layouts = {
  "admissionregistration.k8s.io/mutatingadmissionpolicies": policyLayout("Mutations", "mutations"),
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": policyBindingLayout(),
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": webhookLayout(),
  "admissionregistration.k8s.io/validatingadmissionpolicies": policyLayout("Validations", "validations"),
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": policyBindingLayout(),
  "admissionregistration.k8s.io/validatingwebhookconfigurations": webhookLayout(),
  "apiextensions.k8s.io/customresourcedefinitions": {
    columns: [
      "Name/name",
      "Scope",
      "Versions",
      "Created At:date",
      "+Group",
      "+Kind",
      "+ShortNames",
      "+Established:boolean",
    ],
    row: (object) => {
      const { scope = "", versions = [], group = "", names = {} } = spec(object);
      const served = (versions as readonly Fields[])
        .filter((each) => each["served"] === true)
        .map((each) => `${each["name"]}${each["storage"] === true ? "(storage)" : ""}`);
      return [
        nameOf(object),
        scope,
        served.toSorted().join(","),
        object.metadata.creationTimestamp ?? "",
        group,
        names.kind ?? "",
        (names.shortNames ?? []).join(","),
        conditionOf(object, "Established")?.["status"] === "True",
      ];
    },
  },
  // The Scale of a custom object is printed as its definition might have it, by paths.
  "autoscaling/customscales": {
    columns: ["Name/name", "Desired:integer", "Available:integer", "Age:date"],
    row: (object, now) => [
      nameOf(object),
      spec(object)["replicas"] ?? null,
      status(object)["replicas"] ?? null,
      ageOf(object, now),
    ],
  },
  "autoscaling/scales": {
    columns: ["Name", "Desired:integer", "Available:integer", "Age"],
    row: (object, now) => [
      nameOf(object),
      spec(object)["replicas"] ?? 0,
      status(object)["replicas"] ?? 0,
      ageOf(object, now),
    ],
  },
  "apiregistration.k8s.io/apiservices": {
    columns: ["Name/name", "Service", "Available", "Age"],
    row: (object, now) => {
      const service = spec(object)["service"] as Fields | undefined;
      const available = conditionOf(object, "Available");
      const isTrue = available?.["status"] === "True";
      const state =
        available === undefined ? "Unknown" : isTrue ? "True" : `${available["status"]} (${available["reason"]})`;
      return [
        nameOf(object),
        service === undefined ? "Local" : `${service["namespace"]}/${service["name"]}`,
        state,
        ageOf(object, now),
      ];
    },
  },
  "certificates.k8s.io/clustertrustbundles": {
    columns: ["Name/name", "SignerName"],
    row: (object) => [nameOf(object), spec(object)["signerName"] || "<none>"],
  },
  "certificates.k8s.io/podcertificaterequests": {
    columns: [
      "Name/name",
      "PodName",
      "ServiceAccountName",
      "NodeName",
      "SignerName",
      "State",
      "UnverifiedUserAnnotations",
    ],
    row: podCertificateRow,
  },
  "storagemigration.k8s.io/storageversionmigrations": {
    columns: ["Name", "Resource", "Status"],
    row: migrationRow,
  },
  "certificates.k8s.io/certificatesigningrequests": {
    columns: ["Name/name", "Age", "SignerName", "Requestor", "RequestedDuration", "Condition"],
    row: certificateRow,
  },
  "coordination.k8s.io/leases": {
    columns: ["Name/name", "Holder", "Age"],
    row: (object, now) => [nameOf(object), spec(object)["holderIdentity"] ?? "", ageOf(object, now)],
  },
  "discovery.k8s.io/endpointslices": {
    columns: ["Name/name", "AddressType", "Ports", "Endpoints", "Age"],
    row: (object, now) => {
      const ports = ((object["ports"] ?? []) as Fields[]).map((each) => each["port"] ?? "*");
      const addresses = ((object["endpoints"] ?? []) as Fields[]).flatMap(
        (each) => (each["addresses"] ?? []) as string[],
      );
      return [nameOf(object), (object["addressType"] as string) ?? "", cut(ports), cut(addresses), ageOf(object, now)];
    },
  },
  "flowcontrol.apiserver.k8s.io/flowschemas": {
    columns: ["Name/name", "PriorityLevel", "MatchingPrecedence", "DistinguisherMethod", "Age", "MissingPL"],
    order: (a, b) => precedenceOf(a) - precedenceOf(b) || (nameOf(a) < nameOf(b) ? -1 : 1),
    row: (object, now) => {
      const missing = conditionOf(object, "Dangling")?.["status"];
      return [
        nameOf(object),
        spec(object)["priorityLevelConfiguration"]?.["name"] ?? "",
        precedenceOf(object),
        spec(object)["distinguisherMethod"]?.["type"] ?? "<none>",
        ageOf(object, now),
        missing ?? "?",
      ];
    },
  },
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": {
    columns: ["Name/name", "Type", "NominalConcurrencyShares", "Queues", "HandSize", "QueueLengthLimit", "Age"],
    row: (object, now) => {
      const limited = (spec(object)["limited"] ?? {}) as Fields;
      const queuing = (limited["limitResponse"]?.["queuing"] ?? {}) as Fields;
      const shares = limited["nominalConcurrencyShares"] ?? "<none>";
      const cells = ["queues", "handSize", "queueLengthLimit"].map((key) => queuing[key] ?? "<none>");
      return [nameOf(object), spec(object)["type"] ?? "", shares, ...cells, ageOf(object, now)];
    },
  },
  "networking.k8s.io/ingressclasses": {
    columns: ["Name/name", "Controller", "Parameters", "Age"],
    row: (object, now) => {
      const parameters = spec(object)["parameters"] as Fields | undefined;
      const group = parameters?.["apiGroup"] ? `.${parameters["apiGroup"]}` : "";
      const text = parameters === undefined ? "<none>" : `${parameters["kind"]}${group}/${parameters["name"]}`;
      return [nameOf(object), spec(object)["controller"] ?? "", text, ageOf(object, now)];
    },
  },
  "networking.k8s.io/ingresses": {
    columns: ["Name/name", "Class", "Hosts", "Address", "Ports", "Age"],
    row: ingressRow,
  },
  "networking.k8s.io/ipaddresses": {
    columns: ["Name/name", "ParentRef"],
    row: (object, now) => {
      const { group, resource, namespace, name } = (spec(object)["parentRef"] ?? {}) as Fields;
      return [
        nameOf(object),
        [`${resource ?? ""}${group ? `.${group}` : ""}`, namespace, name].filter(Boolean).join("/"),
        // Under no heading, as kube-apiserver has it.
        ageOf(object, now),
      ];
    },
  },
  "networking.k8s.io/networkpolicies": {
    columns: ["Name/name", "Pod-Selector", "Age"],
    row: (object, now) => [nameOf(object), selectorText(spec(object)["podSelector"]), ageOf(object, now)],
  },
  "networking.k8s.io/servicecidrs": {
    columns: ["Name/name", "CIDRs", "Age"],
    row: (object, now) => [nameOf(object), ((spec(object)["cidrs"] ?? []) as string[]).join(","), ageOf(object, now)],
  },
  "node.k8s.io/runtimeclasses": {
    columns: ["Name/name", "Handler", "Age"],
    row: (object, now) => [nameOf(object), (object["handler"] as string) ?? "", ageOf(object, now)],
  },
  "rbac.authorization.k8s.io/clusterrolebindings": bindingLayout(),
  "rbac.authorization.k8s.io/clusterroles": createdAt,
  "rbac.authorization.k8s.io/rolebindings": bindingLayout(),
  "rbac.authorization.k8s.io/roles": createdAt,
  "scheduling.k8s.io/priorityclasses": {
    columns: ["Name/name", "Value:integer", "Global-Default:boolean", "Age", "PreemptionPolicy"],
    row: (object, now) => [
      nameOf(object),
      (object["value"] as number) ?? 0,
      object["globalDefault"] === true,
      ageOf(object, now),
      (object["preemptionPolicy"] as string) ?? "",
    ],
  },
};

function policyLayout(heading: string, field: string): Layout {
  return {
    columns: ["Name/name", `${heading}:integer`, "ParamKind", "Age"],
    row: (object, now) => {
      const kind = spec(object)["paramKind"] as Fields | undefined;
      const text = kind === undefined ? "<unset>" : `${kind["apiVersion"]}/${kind["kind"]}`;
      return [nameOf(object), ((spec(object)[field] ?? []) as unknown[]).length, text, ageOf(object, now)];
    },
  };
}

function policyBindingLayout(): Layout {
  return {
    columns: ["Name/name", "PolicyName", "ParamRef", "Age"],
    row: (object, now) => {
      const ref = spec(object)["paramRef"] as Fields | undefined;
      const namespace = ref?.["namespace"] ?? "*";
      const text =
        ref === undefined
          ? "<unset>"
          : ref["name"]
            ? `${namespace}/${ref["name"]}`
            : `${namespace}/${selectorText(ref["selector"])}`;
      return [nameOf(object), spec(object)["policyName"] ?? "", text, ageOf(object, now)];
    },
  };
}

function webhookLayout(): Layout {
  return {
    columns: ["Name/name", "Webhooks:integer", "Age"],
    row: (object, now) => [nameOf(object), ((object["webhooks"] ?? []) as unknown[]).length, ageOf(object, now)],
  };
}

function bindingLayout(): Layout {
  return {
    columns: ["Name/name", "Role", "Age", "+Users", "+Groups", "+ServiceAccounts"],
    row: (object, now) => {
      const { kind, name } = (object["roleRef"] ?? {}) as Fields;
      const subjects = (object["subjects"] ?? []) as Fields[];
      const names = (wanted: string) =>
        subjects
          .filter((each) => each["kind"] === wanted)
          .map((each) => (wanted === "ServiceAccount" ? `${each["namespace"] ?? ""}/${each["name"]}` : each["name"]))
          .join(", ");
      return [
        nameOf(object),
        `${kind ?? ""}/${name ?? ""}`,
        ageOf(object, now),
        names("User"),
        names("Group"),
        names("ServiceAccount"),
      ];
    },
  };
}

function certificateRow(object: KubeObject, now: number): readonly Cell[] {
  const conditions = ((status(object)["conditions"] ?? []) as Fields[]).map((each) => each["type"]);
  const verdict = ["Approved", "Denied"].filter((each) => conditions.includes(each));
  const rest = [
    ...(conditions.includes("Failed") ? ["Failed"] : []),
    ...(status(object)["certificate"] ? ["Issued"] : []),
  ];
  const seconds = spec(object)["expirationSeconds"] as number | undefined;
  const text = [...(verdict.length === 0 ? ["Pending"] : verdict.slice(0, 1)), ...rest].join(",");
  return [
    nameOf(object),
    ageOf(object, now),
    spec(object)["signerName"] ?? "<none>",
    spec(object)["username"] ?? "",
    seconds === undefined ? "<none>" : humanDurationOf(new Date(now - seconds * 1000).toISOString(), now),
    text,
  ];
}

const endings: readonly string[] = ["Issued", "Denied", "Failed"];

function podCertificateRow(object: KubeObject): readonly Cell[] {
  const { podName = "", serviceAccountName = "", nodeName = "", signerName = "" } = spec(object);
  const told = labelsText(spec(object)["unverifiedUserAnnotations"]);
  const types = ((status(object)["conditions"] ?? []) as Fields[]).map((each) => each["type"] as string);
  const state = types.findLast((each) => endings.includes(each)) ?? "Pending";
  return [nameOf(object), podName, serviceAccountName, nodeName, signerName, state, told];
}

const stages: readonly string[] = ["Running", "Succeeded", "Failed"];

function migrationRow(object: KubeObject): readonly Cell[] {
  const { group = "", resource = "" } = (spec(object)["resource"] ?? {}) as Fields;
  const conditions = (status(object)["conditions"] ?? []) as readonly Fields[];
  const last = conditions.findLast((each) => each["status"] === "True" && stages.includes(each["type"]));
  return [nameOf(object), group === "" ? resource : `${resource}.${group}`, last?.["type"] ?? "Unknown"];
}

function ingressRow(object: KubeObject, now: number): readonly Cell[] {
  const hosts = ((spec(object)["rules"] ?? []) as Fields[]).map((rule) => rule["host"]).filter(Boolean);
  const shown = hosts.slice(0, 3).join(",");
  const ingress = (status(object)["loadBalancer"]?.["ingress"] ?? []) as Fields[];
  return [
    nameOf(object),
    spec(object)["ingressClassName"] ?? "<none>",
    hosts.length > 3 ? `${shown} + ${hosts.length - 3} more...` : shown || "*",
    ingress.map((each) => each["ip"] ?? each["hostname"] ?? "").join(","),
    spec(object)["tls"] === undefined ? "80" : "80, 443",
    ageOf(object, now),
  ];
}

/** The first three, and how many more. */
function cut(items: readonly (string | number)[]): string {
  if (items.length === 0) return "<unset>";
  const shown = items.slice(0, 3).join(",");
  return items.length > 3 ? `${shown} + ${items.length - 3} more...` : shown;
}

function precedenceOf(schema: KubeObject): number {
  return spec(schema)["matchingPrecedence"] ?? 0;
}

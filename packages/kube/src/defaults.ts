import type { KubeObject } from "./object.ts";

// biome-ignore lint/suspicious/noExplicitAny: defaults fill free-form fields that decoding has checked already
type Fields = { [field: string]: any };

/** Gives an object the defaults that its kind has, as SetDefaults_* of Kubernetes do. The object itself is not changed. */
export function applyDefaults(object: KubeObject): KubeObject {
  const set = defaulters[`${object.apiVersion.includes("/") ? object.apiVersion.split("/")[0] : ""}/${object.kind}`];
  if (set === undefined) return object;
  const copy = structuredClone(object) as Fields;
  set(copy);
  return copy as KubeObject;
}

function fill(target: Fields, defaults: Fields): void {
  for (const [key, value] of Object.entries(defaults)) target[key] ??= value;
}

/** Kinds whose defaults are written; all others are stored as they come. */
const defaulters: { readonly [kind: string]: (object: Fields) => void } = {
  "/Pod": (object) => podSpec((object["spec"] ??= {})),
  "/PodTemplate": (object) => template(object["template"]),
  "/ReplicationController": (object) => {
    fill((object["spec"] ??= {}), { replicas: 1 });
    template(object["spec"].template);
  },
  "/Namespace": (object) => {
    const labels = ((object["metadata"] as Fields)["labels"] ??= {}) as Fields;
    labels["kubernetes.io/metadata.name"] ??= object["metadata"].name;
  },
  "/Secret": (object) => fill(object, { type: "Opaque" }),
  "/Service": (object) => service((object["spec"] ??= {})),
  "/PersistentVolumeClaim": (object) => fill((object["spec"] ??= {}), { volumeMode: "Filesystem" }),
  "/PersistentVolume": (object) =>
    fill((object["spec"] ??= {}), { volumeMode: "Filesystem", persistentVolumeReclaimPolicy: "Retain" }),
  "apps/Deployment": (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { replicas: 1, strategy: {}, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
    fill(spec["strategy"], { type: "RollingUpdate" });
    if (spec["strategy"].type === "RollingUpdate")
      fill((spec["strategy"].rollingUpdate ??= {}), { maxUnavailable: "25%", maxSurge: "25%" });
    template(spec["template"]);
  },
  "apps/ReplicaSet": (object) => {
    fill((object["spec"] ??= {}), { replicas: 1 });
    template(object["spec"].template);
  },
  "apps/StatefulSet": (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, {
      replicas: 1,
      podManagementPolicy: "OrderedReady",
      updateStrategy: {},
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    });
    fill(spec["updateStrategy"], { type: "RollingUpdate" });
    if (spec["updateStrategy"].type === "RollingUpdate")
      fill((spec["updateStrategy"].rollingUpdate ??= {}), { partition: 0 });
    template(spec["template"]);
  },
  "apps/DaemonSet": (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { updateStrategy: {}, revisionHistoryLimit: 10 });
    fill(spec["updateStrategy"], { type: "RollingUpdate" });
    if (spec["updateStrategy"].type === "RollingUpdate")
      fill((spec["updateStrategy"].rollingUpdate ??= {}), { maxUnavailable: 1, maxSurge: 0 });
    template(spec["template"]);
  },
  "batch/Job": (object) => jobSpec((object["spec"] ??= {})),
  "batch/CronJob": (object) => {
    fill((object["spec"] ??= {}), {
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    const job = object["spec"].jobTemplate as Fields | undefined;
    if (job?.["spec"] !== undefined) template(job["spec"].template);
  },
  "networking.k8s.io/NetworkPolicy": (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    spec["policyTypes"] ??= ["Ingress", ...(spec["egress"] === undefined ? [] : ["Egress"])];
  },
  "storage.k8s.io/StorageClass": (object) => fill(object, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" }),
  "rbac.authorization.k8s.io/RoleBinding": binding,
  "rbac.authorization.k8s.io/ClusterRoleBinding": binding,
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration": (object) => webhooks(object, false),
  "admissionregistration.k8s.io/MutatingWebhookConfiguration": (object) => webhooks(object, true),
};

function binding(object: Fields): void {
  if (object["roleRef"] !== undefined) object["roleRef"].apiGroup ??= "rbac.authorization.k8s.io";
  for (const subject of object["subjects"] ?? []) {
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ??= "rbac.authorization.k8s.io";
  }
}

function webhooks(object: Fields, mutating: boolean): void {
  for (const webhook of object["webhooks"] ?? []) {
    fill(webhook, {
      failurePolicy: "Fail",
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
      ...(mutating ? { reinvocationPolicy: "Never" } : {}),
    });
    for (const rule of webhook.rules ?? []) rule.scope ??= "*";
    if (webhook.clientConfig?.service !== undefined) webhook.clientConfig.service.port ??= 443;
  }
}

function service(spec: Fields): void {
  fill(spec, { sessionAffinity: "None", type: "ClusterIP" });
  for (const port of spec["ports"] ?? []) {
    port.protocol ??= "TCP";
    port.targetPort ??= port.port;
  }
  if (spec["type"] !== "ExternalName") fill(spec, { internalTrafficPolicy: "Cluster" });
  if (spec["type"] === "NodePort" || spec["type"] === "LoadBalancer") fill(spec, { externalTrafficPolicy: "Cluster" });
}

function jobSpec(spec: Fields): void {
  fill(spec, {
    backoffLimit: 6,
    suspend: false,
    completionMode: "NonIndexed",
    podReplacementPolicy: spec["podFailurePolicy"] === undefined ? "TerminatingOrFailed" : "Failed",
  });
  if (spec["completions"] === undefined && spec["parallelism"] === undefined)
    fill(spec, { completions: 1, parallelism: 1 });
  spec["parallelism"] ??= 1;
  template(spec["template"]);
}

function template(value: Fields | undefined): void {
  if (value?.["spec"] !== undefined) podSpec(value["spec"]);
}

function podSpec(spec: Fields): void {
  fill(spec, {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
  });
  if (spec["serviceAccountName"] !== undefined) spec["serviceAccount"] ??= spec["serviceAccountName"];
  else if (spec["serviceAccount"] !== undefined) spec["serviceAccountName"] = spec["serviceAccount"];
  if (spec["enableServiceLinks"] === undefined) spec["enableServiceLinks"] = true;
  for (const volume of spec["volumes"] ?? []) volumeDefaults(volume);
  for (const each of [
    ...(spec["initContainers"] ?? []),
    ...(spec["containers"] ?? []),
    ...(spec["ephemeralContainers"] ?? []),
  ])
    container(each, spec);
}

function container(each: Fields, spec: Fields): void {
  fill(each, {
    resources: {},
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: pullPolicy(each["image"]),
  });
  for (const port of each["ports"] ?? []) {
    port.protocol ??= "TCP";
    if (spec["hostNetwork"] === true) port.hostPort ??= port.containerPort;
  }
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    if (each[name] === undefined) continue;
    fill(each[name], { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
    if (each[name].httpGet !== undefined) fill(each[name].httpGet, { path: "/", scheme: "HTTP" });
  }
  const { requests, limits } = each["resources"] as Fields;
  if (limits !== undefined) each["resources"].requests = { ...limits, ...requests };
  for (const variable of each["env"] ?? []) {
    if (variable.valueFrom?.fieldRef !== undefined) variable.valueFrom.fieldRef.apiVersion ??= "v1";
  }
}

/** `latest`, and no tag at all, are pulled always. */
function pullPolicy(image: unknown): string {
  const text = String(image ?? "");
  const tag = /:([^:/@]+)$/.exec(text.split("@")[0] ?? "")?.[1];
  return text.includes("@") || (tag !== undefined && tag !== "latest") ? "IfNotPresent" : "Always";
}

function volumeDefaults(volume: Fields): void {
  const source = Object.keys(volume).find((key) => key !== "name");
  if (source === undefined) volume["emptyDir"] = {};
  for (const name of ["secret", "configMap", "downwardAPI", "projected"]) {
    if (volume[name] !== undefined) volume[name].defaultMode ??= 420;
  }
  if (volume["hostPath"] !== undefined) volume["hostPath"].type ??= "";
  for (const part of volume["projected"]?.sources ?? []) {
    if (part.serviceAccountToken !== undefined) part.serviceAccountToken.expirationSeconds ??= 3600;
    for (const item of part.downwardAPI?.items ?? [])
      if (item.fieldRef !== undefined) item.fieldRef.apiVersion ??= "v1";
  }
}

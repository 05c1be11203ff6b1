/** The AdmissionReview of a pod's update, as an API server sends it: old and new object, with managedFields. */
export function reviewText(containers: number, seed: number): string {
  const object = pod(containers, seed);
  return JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid: `705ab4f5-6393-11e8-b7cc-${seed}`,
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      name: object.metadata.name,
      namespace: "default",
      operation: "UPDATE",
      userInfo: { username: "system:node:worker", groups: ["system:nodes", "system:authenticated"] },
      object,
      oldObject: pod(containers, seed + 1),
      dryRun: false,
    },
  });
}

function pod(containers: number, seed: number) {
  const names = Array.from({ length: containers }, (_, i) => `container-${i}`);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `web-${seed}`,
      namespace: "default",
      labels: { app: "web", "pod-template-hash": `5d4f8c${seed}` },
      managedFields: [{ manager: "kube-controller-manager", operation: "Update", fieldsV1: managed(names) }],
    },
    spec: {
      containers: names.map((name, i) => container(name, seed + i)),
      serviceAccountName: "default",
      tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists", tolerationSeconds: 300 }],
    },
  };
}

function container(name: string, seed: number) {
  return {
    name,
    image: `${seed % 3 === 0 ? "docker.io" : "registry.example.com"}/team/app:${seed}`,
    env: [{ name: "LEVEL", value: `info-${seed}` }],
    resources: { limits: { cpu: "100m", memory: "128Mi" }, requests: { cpu: "50m", memory: "64Mi" } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, runAsNonRoot: true },
    volumeMounts: [
      { name: "kube-api-access", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
    ],
  };
}

function managed(names: readonly string[]) {
  const fields = {
    ".": {},
    "f:image": {},
    "f:name": {},
    "f:resources": { ".": {}, "f:limits": { ".": {}, "f:cpu": {} } },
  };
  const containers = Object.fromEntries(names.map((name) => [`k:{"name":"${name}"}`, fields]));
  return { "f:metadata": { "f:labels": { ".": {}, "f:app": {} } }, "f:spec": { "f:containers": containers } };
}

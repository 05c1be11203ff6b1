/** Numbers that look random and are the same each time (a linear congruential generator, Numerical Recipes' constants). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 0x1_0000_0000) * limit);
  }

  hex(length: number): string {
    return Array.from({ length }, () => this.below(16).toString(16)).join("");
  }

  uid(): string {
    return [8, 4, 4, 4, 12].map((length) => this.hex(length)).join("-");
  }

  time(): string {
    const two = (limit: number) => String(this.below(limit) + 1).padStart(2, "0");
    return `2026-${two(12)}-${two(28)}T${two(23)}:${two(59)}:${two(59)}Z`;
  }
}

/** A pod as a cluster has it, no two alike: of one of many teams' workloads, with managedFields and status. About 6 KB of JSON. */
export function createPod(random: Random): object {
  const workload = random.below(2_000);
  const kinds = new Random(workload);
  const name = `app-${workload}`;
  const containers = Array.from({ length: 1 + kinds.below(3) }, (_, i) => containerOf(kinds, workload, i));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadataOf(random, kinds, name, workload),
    spec: specOf(random, kinds, containers),
    status: statusOf(random, containers),
  };
}

interface Container {
  readonly name: string;
  readonly image: string;
}

function metadataOf(random: Random, kinds: Random, name: string, workload: number): object {
  const hash = kinds.hex(9);
  return {
    name: `${name}-${hash}-${random.hex(5)}`,
    generateName: `${name}-${hash}-`,
    namespace: `team-${workload % 150}`,
    uid: random.uid(),
    resourceVersion: String(random.below(90_000_000)),
    creationTimestamp: random.time(),
    labels: {
      app: name,
      "app.kubernetes.io/version": `${kinds.below(9)}.${kinds.below(20)}`,
      "pod-template-hash": hash,
      ...(kinds.below(2) === 0 && { tier: ["web", "api", "batch"][kinds.below(3)] }),
      ...(kinds.below(3) === 0 && { [`team-${kinds.below(60)}/owner`]: `person-${kinds.below(400)}` }),
    },
    annotations: {
      [`checksum/config-${kinds.below(30)}`]: kinds.hex(64),
      "cni.example.com/podIP": address(random),
      ...(kinds.below(3) === 0 && {
        "prometheus.io/port": String(8_000 + kinds.below(1_000)),
        "prometheus.io/scrape": "true",
      }),
    },
    ownerReferences: [
      {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: `${name}-${hash}`,
        uid: kinds.uid(),
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
    managedFields: [
      {
        manager: "kube-controller-manager",
        operation: "Update",
        apiVersion: "v1",
        time: random.time(),
        fieldsType: "FieldsV1",
        fieldsV1: managed(kinds),
      },
      {
        manager: "kubelet",
        operation: "Update",
        apiVersion: "v1",
        time: random.time(),
        fieldsType: "FieldsV1",
        fieldsV1: managedStatus(random),
        subresource: "status",
      },
    ],
  };
}

function containerOf(kinds: Random, workload: number, i: number): Container {
  return {
    name: i === 0 ? "main" : `sidecar-${kinds.below(40)}`,
    image: `registry-${kinds.below(12)}.example.com/team/app-${workload}-${i}:${kinds.below(30)}.${kinds.below(100)}`,
    ...(kinds.below(2) === 0 && { args: [`--level=${kinds.below(5)}`, `--listen=:${8_000 + kinds.below(500)}`] }),
    env: Array.from({ length: kinds.below(7) }, (_, k) => ({
      name: `SETTING_${kinds.below(200)}`,
      value: `value-${workload}-${k}`,
    })),
    ports: [{ containerPort: 8_000 + kinds.below(500), name: "http", protocol: "TCP" }],
    resources: {
      limits: { cpu: `${100 * (1 + kinds.below(9))}m`, memory: `${64 * (1 + kinds.below(16))}Mi` },
      requests: { cpu: `${10 * (1 + kinds.below(9))}m`, memory: `${32 * (1 + kinds.below(16))}Mi` },
    },
    ...(kinds.below(2) === 0 && {
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    }),
    imagePullPolicy: "IfNotPresent",
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    volumeMounts: [
      {
        mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
        name: `kube-api-access-${kinds.hex(5)}`,
        readOnly: true,
      },
    ],
  } as Container;
}

function specOf(random: Random, kinds: Random, containers: readonly Container[]): object {
  return {
    containers,
    nodeName: `node-${random.below(1_000)}`,
    serviceAccountName: `account-${kinds.below(300)}`,
    restartPolicy: "Always",
    dnsPolicy: "ClusterFirst",
    schedulerName: "default-scheduler",
    enableServiceLinks: true,
    priority: kinds.below(3) * 1_000,
    securityContext: kinds.below(2) === 0 ? {} : { runAsNonRoot: true, runAsUser: 1_000 + kinds.below(100) },
    terminationGracePeriodSeconds: 30,
    tolerations: ["not-ready", "unreachable"].map((key) => ({
      effect: "NoExecute",
      key: `node.kubernetes.io/${key}`,
      operator: "Exists",
      tolerationSeconds: 300,
    })),
    ...(kinds.below(4) === 0 && { nodeSelector: { pool: `pool-${kinds.below(20)}` } }),
    volumes: [
      {
        name: `kube-api-access-${random.hex(5)}`,
        projected: { defaultMode: 420, sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: "token" } }] },
      },
    ],
  };
}

function statusOf(random: Random, containers: readonly Container[]): object {
  const started = random.time();
  return {
    phase: "Running",
    podIP: address(random),
    podIPs: [{ ip: address(random) }],
    hostIP: address(random),
    qosClass: "Burstable",
    startTime: started,
    conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
      type,
      status: "True",
      lastProbeTime: null,
      lastTransitionTime: random.time(),
    })),
    containerStatuses: containers.map(({ name, image }) => ({
      name,
      image,
      containerID: `containerd://${random.hex(64)}`,
      imageID: `${image.split(":")[0]}@sha256:${new Random(image.length).hex(64)}`,
      ready: true,
      started: true,
      restartCount: random.below(5),
      state: { running: { startedAt: started } },
      lastState: {},
    })),
  };
}

function managed(kinds: Random): object {
  const container = {
    ".": {},
    "f:image": {},
    "f:imagePullPolicy": {},
    "f:name": {},
    "f:resources": { ".": {}, "f:limits": { ".": {}, "f:cpu": {}, "f:memory": {} } },
  };
  return {
    "f:metadata": { "f:generateName": {}, "f:labels": { ".": {}, "f:app": {}, [`f:label-${kinds.below(50)}`]: {} } },
    "f:spec": {
      "f:containers": { 'k:{"name":"main"}': container, [`k:{"name":"sidecar-${kinds.below(40)}"}`]: container },
      "f:dnsPolicy": {},
      "f:enableServiceLinks": {},
      "f:restartPolicy": {},
    },
  };
}

function managedStatus(random: Random): object {
  const condition = { ".": {}, "f:lastProbeTime": {}, "f:lastTransitionTime": {}, "f:status": {}, "f:type": {} };
  return {
    "f:status": {
      "f:conditions": { 'k:{"type":"Ready"}': condition, 'k:{"type":"Initialized"}': condition },
      "f:podIPs": { ".": {}, [`k:{"ip":"${address(random)}"}`]: { ".": {}, "f:ip": {} } },
    },
  };
}

function address(random: Random): string {
  return `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`;
}

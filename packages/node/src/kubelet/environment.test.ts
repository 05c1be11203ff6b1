import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import type { ContainerSpec } from "../security-context/pod.ts";
import type { ConfigMap, PodReader, Secret } from "../volumes/pod-reader.ts";
import { containerEnvironment, type EnvironmentWorld } from "./environment.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const configMaps: { readonly [name: string]: ConfigMap } = {
  settings: { data: { COLOR: "blue", "a.b": "dots", EMPTY: "" } },
};
const secrets: { readonly [name: string]: Secret } = {
  login: { data: { user: base64("admin"), pass: base64("pä$$") } },
};
const asked: string[] = [];
const reader: PodReader = {
  configMap: async (namespace, name) => {
    asked.push(`${namespace}/${name}`);
    return configMaps[name];
  },
  secret: async (_namespace, name) => secrets[name],
  claim: async () => undefined,
  persistentVolume: async () => undefined,
  createToken: () => Promise.reject(new Error("no tokens are asked for")),
};

const service = (namespace: string, name: string, clusterIP: string, ports: readonly object[]): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace, name },
  spec: { clusterIP, ports },
});

const world: EnvironmentWorld = {
  reader,
  services: [
    service("shop", "my-db", "10.0.0.7", [
      { port: 5432, name: "sql" },
      { port: 53, protocol: "UDP", name: "dns" },
    ]),
    service("default", "kubernetes", "10.0.0.1", [{ port: 443, name: "https" }]),
    service("default", "other", "10.0.0.2", [{ port: 80 }]),
    service("shop", "headless", "None", [{ port: 80 }]),
  ],
  node: { hostIPs: ["192.0.2.1", "2001:db8::1"], allocatable: { cpu: "3500m", memory: "4Gi" } },
  podIPs: ["10.1.0.5", "fd00::5"],
  fileOf: async (volume, path) => {
    if (volume === "no") throw new Error('cannot find the volume "no" referenced by FileKeyRef');
    return path === "bad" ? "A=1" : "# of an init container\nA='1'\nB='two\nlines' # so\n";
  },
};

const podOf = (spec: object): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "web",
    namespace: "shop",
    uid: "u-1",
    labels: { app: "web", "a/b": 'q"' },
    annotations: { "Example.com/note": "hi" },
  },
  spec: { nodeName: "n1", serviceAccountName: "runner", enableServiceLinks: false, ...spec },
});

async function environment(container: object, spec: object = {}): Promise<readonly string[]> {
  const own = { name: "c", ...container } as ContainerSpec;
  const all = await containerEnvironment(podOf({ containers: [own], ...spec }), own, world);
  return all.filter((variable) => !variable.startsWith("KUBERNETES_"));
}

const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
const resource = (name: string, more: object = {}) => ({
  valueFrom: { resourceFieldRef: { resource: name, ...more } },
});
const ofFile = (more: object) => ({ valueFrom: { fileKeyRef: { volumeName: "v", path: "env", key: "A", ...more } } });
const resources = { limits: { cpu: "1500m" }, requests: { memory: "100Mi", cpu: "10m" } };

const made: readonly (readonly [what: string, container: object, wanted: readonly string[]])[] = [
  ["nothing", {}, []],
  [
    "values in their order, the last of a name",
    { env: [{ name: "B", value: "1" }, { name: "A" }, { name: "B", value: "2" }] },
    ["B=2", "A="],
  ],
  [
    "references to what stands before",
    {
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "$(A)$(B)-$$(A)-$(X" },
        { name: "C", value: "$(B)" },
      ],
    },
    ["A=1", "B=1$(B)-$(A)-$(X", "C=1$(B)-$(A)-$(X"],
  ],
  [
    "a Service's variable by reference",
    { env: [{ name: "API", value: "https://$(KUBERNETES_SERVICE_HOST)" }] },
    ["API=https://10.0.0.1"],
  ],
  [
    "all of a ConfigMap, with a prefix",
    { envFrom: [{ prefix: "P_", configMapRef: { name: "settings" } }] },
    ["P_COLOR=blue", "P_EMPTY=", "P_a.b=dots"],
  ],
  [
    "all of a Secret, then env before it",
    { envFrom: [{ secretRef: { name: "login" } }], env: [{ name: "user", value: "me" }] },
    ["pass=pä$$", "user=me"],
  ],
  [
    "optional sources that are not there",
    { envFrom: [{ configMapRef: { name: "no", optional: true } }, { secretRef: { name: "no", optional: true } }] },
    [],
  ],
  [
    "a key of a ConfigMap",
    { env: [{ name: "C", valueFrom: { configMapKeyRef: { name: "settings", key: "COLOR" } } }] },
    ["C=blue"],
  ],
  [
    "a key of a Secret",
    { env: [{ name: "P", valueFrom: { secretKeyRef: { name: "login", key: "pass" } } }] },
    ["P=pä$$"],
  ],
  [
    "optional keys that are not there leave what there was",
    {
      env: [
        { name: "A", value: "1" },
        { name: "A", valueFrom: { configMapKeyRef: { name: "settings", key: "no", optional: true } } },
        { name: "B", valueFrom: { secretKeyRef: { name: "no", key: "no", optional: true } } },
      ],
    },
    ["A=1"],
  ],
  [
    "keys of a file",
    {
      env: [
        { name: "A", ...ofFile({}) },
        { name: "B", ...ofFile({ key: "B" }) },
        { name: "C", ...ofFile({ key: "C", optional: true }) },
      ],
    },
    ["A=1", "B=two\nlines"],
  ],
  [
    "fields of the pod",
    {
      env: [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "metadata.labels",
        "metadata.labels['a/b']",
        "metadata.annotations['Example.com/note']",
        "metadata.labels['none']",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
      ].map((path, i) => ({ name: `V${i}`, ...field(path) })),
    },
    [
      "V0=web",
      "V1=shop",
      "V2=u-1",
      'V3=a/b="q\\""\napp="web"',
      'V4=q"',
      "V5=hi",
      "V6=",
      "V7=n1",
      "V8=runner",
      "V9=192.0.2.1",
      "V10=192.0.2.1,2001:db8::1",
      "V11=10.1.0.5",
      "V12=10.1.0.5,fd00::5",
    ],
  ],
  [
    "amounts of resources, rounded up; limits that are not set are the node's",
    {
      resources,
      env: [
        { name: "A", ...resource("limits.cpu") },
        { name: "B", ...resource("limits.cpu", { divisor: "1m" }) },
        { name: "C", ...resource("limits.memory", { divisor: "1Mi" }) },
        { name: "D", ...resource("requests.memory") },
        { name: "E", ...resource("requests.cpu") },
        { name: "F", ...resource("requests.ephemeral-storage") },
        { name: "G", ...resource("limits.cpu", { containerName: "c", divisor: "100m" }) },
      ],
    },
    ["A=2", "B=1500", "C=4096", "D=104857600", "E=1", "F=0", "G=15"],
  ],
];

for (const [what, container, wanted] of made)
  test(`environment: ${what}`, async () => assert.deepEqual(await environment(container), wanted));

const refused: readonly (readonly [env: object, message: string])[] = [
  [
    { valueFrom: { configMapKeyRef: { name: "settings", key: "k" } } },
    "couldn't find key k in ConfigMap shop/settings",
  ],
  [{ valueFrom: { secretKeyRef: { name: "login", key: "k" } } }, "couldn't find key k in Secret shop/login"],
  [{ valueFrom: { configMapKeyRef: { name: "no", key: "k" } } }, 'configmap "no" not found'],
  [{ valueFrom: { secretKeyRef: { name: "no", key: "k" } } }, 'secret "no" not found'],
  [field("spec.hostname"), "unsupported fieldPath: spec.hostname"],
  [field("spec['x']"), `fieldPath "spec['x']" does not support subscript`],
  [resource("limits.gpu"), "unsupported container resource : limits.gpu"],
  [resource("limits.cpu", { containerName: "no" }), "container no not found"],
  [ofFile({ key: "C" }), 'environment variable key "C" not found in file "env"'],
  [ofFile({ volumeName: "no" }), 'cannot find the volume "no" referenced by FileKeyRef'],
  [ofFile({ path: "bad" }), "invalid environment variable format at line 1: value must be enclosed in single quotes"],
];

for (const [variable, message] of refused)
  test(`no environment: ${message}`, () =>
    assert.rejects(environment({ env: [{ name: "A", ...variable }] }), {
      reason: "CreateContainerConfigError",
      message,
    }));

test("a source that is not there is told as the API server tells it", async () => {
  await assert.rejects(environment({ envFrom: [{ configMapRef: { name: "no" } }] }), {
    message: 'configmap "no" not found',
  });
  await assert.rejects(environment({ envFrom: [{ secretRef: { name: "no" } }] }), { message: 'secret "no" not found' });
});

test("Services of the pod's namespace and the API server's; without links the latter alone", async () => {
  const container = { name: "c" } as ContainerSpec;
  const all = await containerEnvironment(podOf({ enableServiceLinks: true }), container, world);
  const api = [
    "KUBERNETES_SERVICE_HOST=10.0.0.1",
    "KUBERNETES_SERVICE_PORT=443",
    "KUBERNETES_SERVICE_PORT_HTTPS=443",
    "KUBERNETES_PORT=tcp://10.0.0.1:443",
    "KUBERNETES_PORT_443_TCP=tcp://10.0.0.1:443",
    "KUBERNETES_PORT_443_TCP_PROTO=tcp",
    "KUBERNETES_PORT_443_TCP_PORT=443",
    "KUBERNETES_PORT_443_TCP_ADDR=10.0.0.1",
  ];
  assert.deepEqual(all, [
    ...api,
    "MY_DB_SERVICE_HOST=10.0.0.7",
    "MY_DB_SERVICE_PORT=5432",
    "MY_DB_SERVICE_PORT_SQL=5432",
    "MY_DB_SERVICE_PORT_DNS=53",
    "MY_DB_PORT=tcp://10.0.0.7:5432",
    "MY_DB_PORT_5432_TCP=tcp://10.0.0.7:5432",
    "MY_DB_PORT_5432_TCP_PROTO=tcp",
    "MY_DB_PORT_5432_TCP_PORT=5432",
    "MY_DB_PORT_5432_TCP_ADDR=10.0.0.7",
    "MY_DB_PORT_53_UDP=udp://10.0.0.7:53",
    "MY_DB_PORT_53_UDP_PROTO=udp",
    "MY_DB_PORT_53_UDP_PORT=53",
    "MY_DB_PORT_53_UDP_ADDR=10.0.0.7",
  ]);
  assert.deepEqual(await containerEnvironment(podOf({}), container, world), api);
});

test("each object is read once", async () => {
  asked.length = 0;
  const reference = { name: "settings" };
  const keyed = { valueFrom: { configMapKeyRef: { ...reference, key: "COLOR" } } };
  await environment({
    envFrom: [{ configMapRef: reference }],
    env: [
      { name: "A", ...keyed },
      { name: "B", ...keyed },
    ],
  });
  assert.deepEqual(asked, ["shop/settings"]);
});

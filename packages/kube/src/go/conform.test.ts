import assert from "node:assert/strict";
import { test } from "node:test";
import { StatusError } from "../status.ts";
import { conform } from "./conform.ts";

const kinds: { readonly [kind: string]: string } = {
  ResourceSlice: "io.k8s.api.resource.v1.ResourceSlice",
  ConfigMap: "io.k8s.api.core.v1.ConfigMap",
  Event: "io.k8s.api.core.v1.Event",
  Pod: "io.k8s.api.core.v1.Pod",
  Service: "io.k8s.api.core.v1.Service",
};

const conformed = (kind: string, fields: object) =>
  conform({ kind, apiVersion: "v1", ...fields }, kinds[kind] as string, { kind, version: "v1" });

const faults: readonly [kind: string, fields: object, fault: string][] = [
  ["ConfigMap", { data: { a: 1 } }, "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"],
  [
    "ConfigMap",
    { data: [] },
    "json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string",
  ],
  [
    "ResourceSlice",
    { spec: { devices: [{ attributes: true }] } },
    "json: cannot unmarshal bool into Go struct field Device.spec.devices.attributes of type map[v1.QualifiedName]v1.DeviceAttribute",
  ],
  ["ConfigMap", { binaryData: { a: "TCP" } }, "illegal base64 data at input byte 0"],
  ["ConfigMap", { binaryData: { a: "YQ==YQ" } }, "illegal base64 data at input byte 4"],
  [
    "ConfigMap",
    { metadata: "x" },
    "json: cannot unmarshal string into Go struct field ConfigMap.metadata of type v1.ObjectMeta",
  ],
  [
    "Pod",
    { spec: { containers: [{ securityContext: { capabilities: 7 } }] } },
    "json: cannot unmarshal number into Go struct field SecurityContext.spec.containers.securityContext.capabilities of type v1.Capabilities",
  ],
  [
    "Pod",
    { spec: { containers: [{ livenessProbe: { periodSeconds: 1.5 } }] } },
    "json: cannot unmarshal number 1.5 into Go struct field Probe.spec.containers.livenessProbe.periodSeconds of type int32",
  ],
  [
    "Pod",
    { spec: { restartPolicy: {} } },
    "json: cannot unmarshal object into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy",
  ],
  [
    "Pod",
    { spec: { overhead: { cpu: "x" } } },
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
  ],
  [
    "Pod",
    { metadata: { creationTimestamp: "x" } },
    'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
  ],
  [
    "Service",
    { spec: { ports: [{ port: 2147483648 }] } },
    "json: cannot unmarshal number 2147483648 into Go struct field ServicePort.spec.ports.port of type int32",
  ],
];

for (const [kind, fields, fault] of faults) {
  test(`${kind} ${JSON.stringify(fields)} is refused`, () => {
    assert.throws(
      () => conformed(kind, fields),
      (error) =>
        error instanceof StatusError &&
        error.message === `${kind} in version "v1" cannot be handled as a ${kind}: ${fault}`,
    );
  });
}

/** A field's value, and why no object is restored from a map with it. */
const restoring: readonly [kind: string, fields: object, fault: string][] = [
  ["ConfigMap", { data: { a: 1 } }, "cannot convert int64 to string"],
  ["ConfigMap", { data: { a: 1.5 } }, "unrecognized type: string"],
  ["ConfigMap", { data: [] }, "cannot restore map from slice"],
  ["ConfigMap", { binaryData: { a: true } }, "cannot restore slice from bool"],
  ["ConfigMap", { metadata: 5 }, "cannot restore struct from: int64"],
  ["ConfigMap", { metadata: { labels: "x" } }, "cannot restore map from string"],
  ["ConfigMap", { metadata: { creationTimestamp: 5 } }, "json: cannot unmarshal number into Go value of type string"],
  ["Pod", { spec: { containers: {} } }, "cannot restore slice from map"],
  ["Pod", { spec: { hostNetwork: "a" } }, "unrecognized type: bool"],
  ["Pod", { spec: { priority: "a" } }, "unrecognized type: int32"],
  ["Pod", { spec: { priority: 1.5 } }, "cannot convert float64 to int32"],
  ["Pod", { spec: { restartPolicy: 4 } }, "cannot convert int64 to v1.RestartPolicy"],
  ["Service", { spec: { ports: [{ targetPort: true }] } }, "json: cannot unmarshal bool into Go value of type int32"],
];

for (const [kind, fields, fault] of restoring) {
  test(`${kind} is not restored from ${JSON.stringify(fields)}`, () => {
    assert.throws(
      () => conform({ kind, ...fields }, kinds[kind] as string, { kind, version: "v1" }, "map"),
      (error) => error instanceof StatusError && error.message.endsWith(`cannot be handled as a ${kind}: ${fault}`),
    );
  });
}

const shapes: readonly [kind: string, fields: object, shape: object][] = [
  [
    "ConfigMap",
    { data: { a: null }, binaryData: {}, immutable: false },
    { metadata: {}, data: { a: "" }, immutable: false },
  ],
  ["Service", { spec: { externalName: "", ports: [] } }, { metadata: {}, spec: {}, status: { loadBalancer: {} } }],
  [
    "Pod",
    { spec: { containers: [{ tty: false, resources: { limits: { cpu: 0.5, memory: "2048Ki" } } }], priority: 0 } },
    {
      metadata: {},
      spec: { containers: [{ name: "", resources: { limits: { cpu: "500m", memory: "2Mi" } } }], priority: 0 },
      status: {},
    },
  ],
  ["Pod", { spec: {} }, { metadata: {}, spec: { containers: null }, status: {} }],
  [
    "Event",
    { eventTime: "2026-01-02T04:04:05.500000+01:00" },
    {
      metadata: {},
      involvedObject: {},
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: "2026-01-02T03:04:05.500000Z",
      reportingComponent: "",
      reportingInstance: "",
    },
  ],
];

for (const [kind, fields, shape] of shapes) {
  test(`${kind} ${JSON.stringify(fields)} as Go writes it`, () => {
    const { object, unknown } = conformed(kind, fields);
    assert.deepEqual(JSON.parse(JSON.stringify(object)), { kind, apiVersion: "v1", ...shape });
    assert.deepEqual(unknown, []);
  });
}

test("unknown fields are told with their places", () => {
  const { unknown } = conformed("Pod", { spec: { containers: [{ a: 1 }], b: 2 }, metadata: { c: 3 } });
  assert.deepEqual(unknown, [
    'unknown field "spec.containers[0].a"',
    'unknown field "spec.b"',
    'unknown field "metadata.c"',
  ]);
});

test("lists that are written when nobody gives them are kept when nothing is in them", () => {
  const schemas = {
    Role: "io.k8s.api.rbac.v1.Role",
    PersistentVolumeClaim: "io.k8s.api.core.v1.PersistentVolumeClaim",
  };
  const made = (kind: keyof typeof schemas, fields: object) =>
    conform({ kind, ...fields }, schemas[kind], { kind, version: "v1" }).object;
  assert.deepEqual(made("Role", { rules: [] })["rules"], []);
  const claim = made("PersistentVolumeClaim", { spec: { accessModes: [], dataSource: { kind: "K", name: "n" } } });
  assert.deepEqual(JSON.parse(JSON.stringify(claim["spec"])), {
    resources: {},
    dataSource: { apiGroup: null, kind: "K", name: "n" },
  });
});

import { testRefusals } from "../refusals.fixture.ts";

const one = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
const attachment = "spec: {attacher: a, nodeName: n, source: {persistentVolumeName: v}}";

testRefusals("storage.k8s.io/v1", {
  StorageClass: [
    ["provisioner: a/b", "provisioner: ''", "provisioner: Required value"],
    [
      "provisioner: a/b",
      "reclaimPolicy: X",
      'reclaimPolicy: Unsupported value: "X": supported values: "Delete", "Retain"',
    ],
    ["provisioner: a/b", "~parameters: {a: b}", "parameters: Invalid value: null: field is immutable"],
  ],
  CSIDriver: [
    [
      "spec: {}",
      "spec: {fsGroupPolicy: X}",
      'spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "ReadWriteOnceWithFSType"',
    ],
    [
      "spec: {}",
      "spec: {volumeLifecycleModes: [X]}",
      'spec.volumeLifecycleModes: Unsupported value: "X": supported values: "Persistent", "Ephemeral"',
    ],
    ["spec: {}", "~spec: {attachRequired: false}", "spec.attachedRequired: Invalid value: false: field is immutable"],
  ],
  VolumeAttachment: [
    [
      attachment,
      "spec: {nodeName: n, source: {}}",
      `spec.source: Required value: ${one}`,
      "spec.attacher: Required value",
    ],
    [
      attachment,
      "~spec: {attacher: b, nodeName: n, source: {persistentVolumeName: v}}",
      "spec: Invalid value: null: field is immutable",
    ],
  ],
});

testRefusals("node.k8s.io/v1", {
  RuntimeClass: [
    ["handler: a", "handler: ''", "handler: Required value"],
    ["handler: a", "~handler: b", "handler: Invalid value: null: field is immutable"],
  ],
});

testRefusals("scheduling.k8s.io/v1", {
  PriorityClass: [
    [
      "value: 1",
      "value: 1000000001",
      "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
    ],
    ["value: 1", "~value: 2", "value: Forbidden: may not be changed in an update."],
    [
      "value: 1",
      "preemptionPolicy: X",
      'preemptionPolicy: Unsupported value: "X": supported values: "Never", "PreemptLowerPriority"',
    ],
  ],
});

testRefusals("coordination.k8s.io/v1", {
  Lease: [
    [
      "spec: {}",
      "spec: {leaseDurationSeconds: 0, leaseTransitions: -1}",
      "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
      "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ],
  ],
});

testRefusals("discovery.k8s.io/v1", {
  EndpointSlice: [
    ["addressType: IPv4", "endpoints: [{}]", "endpoints[0].addresses: Required value"],
    [
      "addressType: IPv4",
      "endpoints: [{addresses: [a]}]",
      'endpoints[0].addresses[0]: Invalid value: "a": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      "addressType: IPv4",
      "ports: [{name: a}, {name: a, protocol: X}]",
      'ports[1].name: Duplicate value: "a"',
      'ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      "addressType: IPv4",
      "addressType: X",
      'addressType: Unsupported value: "X": supported values: "FQDN", "IPv4", "IPv6"',
    ],
  ],
});

testRefusals("storage.k8s.io/v1", {
  VolumeAttributesClass: [
    [
      "driverName: a.b, parameters: {a: b}",
      "driverName: '', parameters: {}",
      "driverName: Required value",
      "parameters: Required value: must contain at least one key/value pair",
    ],
    [
      "driverName: a.b, parameters: {a: b}",
      "~driverName: c.d",
      "driverName: Forbidden: updates to driverName are forbidden.",
    ],
  ],
  CSINode: [
    [
      "spec: {drivers: [{name: a, nodeID: b}]}",
      "spec: {drivers: [{}, {name: a, nodeID: b, allocatable: {count: -1}}, {name: a, nodeID: b}]}",
      "spec.drivers[0].name: Required value",
      "spec.drivers[0].nodeID: Required value",
      "spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
      'spec.drivers[2].name: Duplicate value: "a"',
    ],
    [
      "spec: {drivers: [{name: a, nodeID: b}]}",
      "~spec: {drivers: [{name: a, nodeID: c}]}",
      'spec.drivers: Invalid value: {"Name":"a","NodeID":"c","TopologyKeys":null,"Allocatable":null}: field is immutable',
    ],
  ],
  CSIStorageCapacity: [
    ["storageClassName: a", "capacity: '-1'", 'capacity: Invalid value: "-1": must be greater than or equal to 0'],
    ["storageClassName: a", "~storageClassName: b", 'storageClassName: Invalid value: "b": field is immutable'],
  ],
});

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
      'preemptionPolicy: Unsupported value: "X": supported values: "PreemptLowerPriority", "Never"',
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

testRefusals("storage.k8s.io/v1", {
  StorageClass: [
    [
      "provisioner: a",
      "allowedTopologies: [{}, {matchLabelExpressions: [{key: a, values: [b, b]}, {key: a}]}]",
      'allowedTopologies[0].matchLabelExpressions: Duplicate value: ""',
      'allowedTopologies[0].matchLabelExpressions: Duplicate value: ""',
      'allowedTopologies[1].matchLabelExpressions[0].values[1]: Duplicate value: "b"',
      "allowedTopologies[1].matchLabelExpressions[1].values: Required value",
      'allowedTopologies[1].matchLabelExpressions[1].key: Duplicate value: "a"',
    ],
    [
      "provisioner: a",
      "~provisioner: '', reclaimPolicy: Retain",
      "provisioner: Required value",
      "provisioner: Invalid value: null: field is immutable",
      "reclaimPolicy: Invalid value: null: field is immutable",
    ],
  ],
  CSIDriver: [
    [
      "spec: {}",
      "spec: {tokenRequests: [{expirationSeconds: 5}, {}, {audience: a, expirationSeconds: 5000000000}], nodeAllocatableUpdatePeriodSeconds: 5}",
      "spec.tokenRequests[0].expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes",
      'spec.tokenRequests[1].audience: Duplicate value: ""',
      "spec.tokenRequests[2].expirationSeconds: Invalid value: 5000000000: may not specify a duration larger than 2^32 seconds",
      "spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 5: must be greater than or equal to 10 seconds",
    ],
    [
      "spec: {}",
      "~spec: {attachRequired: false, volumeLifecycleModes: [Ephemeral]}",
      "spec.attachedRequired: Invalid value: false: field is immutable",
      'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
    ],
  ],
  VolumeAttachment: [
    [
      "spec: {attacher: a, nodeName: n, source: {persistentVolumeName: v}}",
      "spec: {nodeName: n, source: {inlineVolumeSpec: {capacity: {storage: 1Gi}, storageClassName: x, hostPath: {path: /x, type: ''}}}}",
      "spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes",
      "spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes",
      "spec.source.inlineVolumeSpec.accessModes: Required value",
      "spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of inline volumes",
      "spec.attacher: Required value",
    ],
    [
      "spec: {attacher: a, nodeName: n, source: {persistentVolumeName: v}}",
      "~spec: {attacher: b, nodeName: n, source: {persistentVolumeName: v}}, status: {attachError: {errorCode: -1}}",
      "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive",
      "spec: Invalid value: null: field is immutable",
    ],
  ],
});

testRefusals("node.k8s.io/v1", {
  RuntimeClass: [
    [
      "handler: a",
      "overhead: {podFixed: {cpu: '-1', foo: '1'}}, scheduling: {tolerations: [{operator: Exists, value: x}, {key: a}, {key: a}]}",
      'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      'overhead.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
      'overhead.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
      "scheduling.tolerations[0].operator: Invalid value: \"x\": value must be empty when `operator` is 'Exists'",
      'scheduling.tolerations[2]: Duplicate value: {"Key":"a","Operator":"","Value":"","Effect":"","TolerationSeconds":null}',
    ],
    ["handler: a", "~handler: ''", "handler: Invalid value: null: field is immutable", "handler: Required value"],
  ],
});

testRefusals("discovery.k8s.io/v1", {
  EndpointSlice: [
    [
      "addressType: IPv4",
      "endpoints: [{addresses: [127.0.0.1, 01.2.3.4, '::1']}, {}]",
      'endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'endpoints[0].addresses[1]: Invalid value: "01.2.3.4": must not have leading 0s',
      'endpoints[0].addresses: Invalid value: "::1": must be an IPv4 address',
      'endpoints[0].addresses[2]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      "endpoints[1].addresses: Required value",
    ],
    [
      "addressType: IPv6",
      "endpoints: [{addresses: ['fd00::0:1', 'fe80::1', '::ffff:1.2.3.4'], hints: {forZones: [{name: a}, {name: a}]}}]",
      'endpoints[0].addresses[0]: Invalid value: "fd00::0:1": must be in canonical form ("fd00::1")',
      'endpoints[0].addresses[1]: Invalid value: "fe80::1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      'endpoints[0].addresses[2]: Invalid value: "::ffff:1.2.3.4": must not be an IPv4-mapped IPv6 address',
      'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
    ],
    [
      "addressType: IPv4",
      "~addressType: Odd",
      'addressType: Unsupported value: "Odd": supported values: "FQDN", "IPv4", "IPv6"',
      "addressType: Invalid value: null: field is immutable",
    ],
  ],
});

import { testRefusals } from "../refusals.fixture.ts";

const request = "name: r, exactly: {deviceClassName: c}";
const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const reference =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
const slice = "spec: {driver: a.b, nodeName: n, pool: {name: p, resourceSliceCount: 1}";
const identifier =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')";
const kinds = "`int`, `bool`, `string`, `version`, `ints`, `bools`, `strings`, `versions`";

function withDevice(device: string): string {
  return `${slice}, devices: [{name: d, ${device}}]}`;
}

function withPolicy(policy: string): string {
  return withDevice(`allowMultipleAllocations: true, capacity: {m: {value: 10, requestPolicy: {${policy}}}}`);
}

const policy = "spec.devices[0].capacity[m].requestPolicy";

testRefusals("resource.k8s.io/v1", {
  ResourceClaim: [
    [
      "spec: {}",
      "spec: {devices: {requests: [{name: UP, exactly: {deviceClassName: c}}]}}",
      `spec.devices.requests[0].name: Invalid value: "UP": ${label}`,
    ],
    [
      "spec: {}",
      "spec: {devices: {requests: [{name: r}]}}",
      "spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required",
    ],
    [
      "spec: {}",
      "spec: {devices: {requests: [{name: r, exactly: {}, firstAvailable: [{name: s}]}]}}",
      "spec.devices.requests[0]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set",
      "spec.devices.requests[0].firstAvailable[0].deviceClassName: Required value",
    ],
    [
      "spec: {}",
      "spec: {devices: {requests: [{name: r, exactly: {deviceClassName: c, allocationMode: All, count: 2}}, {name: s, exactly: {deviceClassName: c, count: -1}}]}}",
      "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
      "spec.devices.requests[1].exactly.count: Invalid value: -1: must be greater than zero",
    ],
    [
      "spec: {}",
      `spec: {devices: {requests: [{${request}}], constraints: [{requests: [r, s, a/b/c]}]}}`,
      `spec.devices.constraints[0].requests[1]: Invalid value: "s": ${reference}`,
      `spec.devices.constraints[0].requests[2]: Invalid value: "a/b/c": ${reference}`,
      'spec.devices.constraints[0]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
    ],
    [
      "spec: {}",
      `spec: {devices: {requests: [{${request}}], constraints: [{matchAttribute: a}, {distinctAttribute: a.b/-}]}}`,
      'spec.devices.constraints[0].matchAttribute: Invalid value: "a": a fully qualified name must be a domain and a name separated by a slash',
      `spec.devices.constraints[1].distinctAttribute: Invalid value: "-": ${identifier}`,
    ],
    [
      "spec: {}",
      "spec: {devices: {config: [{}, {opaque: {driver: a, parameters: []}}]}}",
      "spec.devices.config[0].opaque: Required value",
      'spec.devices.config[1].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
    ],
    [
      "spec: {}",
      "spec: {devices: {requests: [{name: r, exactly: {deviceClassName: c, tolerations: [{operator: Exists, value: v}, {effect: X}]}}]}}",
      'spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: "v": must be empty for operator `Exists`',
      'spec.devices.requests[0].exactly.tolerations[1].effect: Unsupported value: "X": supported values: "NoExecute", "NoSchedule", "None"',
    ],
    ["spec: {}", `~spec: {devices: {requests: [{${request}}]}}`, "spec: Invalid value: null: field is immutable"],
  ],
  ResourceClaimTemplate: [
    ["spec: {spec: {}}", "spec: {metadata: {uid: x}}", "spec.metadata.uID: Forbidden: cannot be set"],
    [
      "spec: {spec: {}}",
      "~spec: {metadata: {labels: {a: b}}, spec: {}}",
      'spec: Invalid value: {"labels":{"a":"b"},"Spec":{"Devices":{"Requests":null,"Constraints":null,"Config":null}}}: field is immutable',
    ],
  ],
  DeviceClass: [
    ["spec: {}", "spec: {selectors: [{}]}", "spec.selectors[0].cel: Required value"],
    [
      "spec: {}",
      "spec: {extendedResourceName: requests.cpu}",
      "spec.extendedResourceName: Invalid value: \"requests.cpu\": a name must be a domain-prefixed path, such as 'example.com/my-prop'",
      'spec.extendedResourceName: Invalid value: "requests.cpu": must not have "requests." prefix',
    ],
  ],
  DeviceTaintRule: [
    ["spec: {taint: {key: a, effect: None}}", "spec: {taint: {key: a}}", "spec.taint.effect: Required value"],
    ["spec: {taint: {key: a, effect: None}}", "~spec: {taint: {key: a, effect: None, value: v}}"],
  ],
  ResourceSlice: [
    [
      `${slice}}`,
      "spec: {driver: a.b, pool: {name: p, generation: -1}}",
      "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
      "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero",
      "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required",
    ],
    [
      `${slice}}`,
      "spec: {driver: a.b, nodeName: n, allNodes: true, pool: {name: p, resourceSliceCount: 1}}",
      'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    ],
    [
      `${slice}}`,
      "~spec: {driver: c.d, nodeName: n, pool: {name: p, resourceSliceCount: 1}}",
      'spec.driver: Invalid value: "c.d": field is immutable',
    ],
    [
      `${slice}}`,
      withDevice("attributes: {a: {}, a.b/c: {int: 1, bool: true}, d: {version: x}}"),
      `spec.devices[0].attributes[a]: Invalid value: "": must specify one of: ${kinds}`,
      `spec.devices[0].attributes[a.b/c]: Invalid value: "{int, bool}": must specify exactly one of: ${kinds}`,
      'spec.devices[0].attributes[d].version: Invalid value: "x": must be a string compatible with semver.org spec 2.0.0',
    ],
    [
      `${slice}}`,
      withDevice("nodeName: x"),
      "spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
    ],
    [
      `${slice}}`,
      withDevice("capacity: {m: {value: 1, requestPolicy: {}}}"),
      `${policy}: Forbidden: allowMultipleAllocations must be true`,
    ],
    [
      `${slice}}`,
      withPolicy("default: 3, validValues: [1, 4, 2, 12, 12]"),
      `${policy}.validValues[2]: Invalid value: 2: values must be sorted in ascending order`,
      `${policy}.validValues[3]: Invalid value: 12: option is larger than capacity value: 10`,
      `${policy}.validValues[4]: Invalid value: 12: option is larger than capacity value: 10`,
      `${policy}.validValues[4]: Duplicate value: "12"`,
      `${policy}.validValues: Invalid value: 3: default value is not valid according to the requestPolicy`,
    ],
    [
      `${slice}}`,
      withPolicy("default: '2.5', validRange: {min: '1', max: '20', step: 1}"),
      `${policy}.validRange.max: Invalid value: "20": max is larger than capacity value: 10`,
      `${policy}.validRange.step: Invalid value: "2.5": value is not a multiple of a given step (1) from (1)`,
    ],
    [
      `${slice}}`,
      `${slice}, devices: [], sharedCounters: [{name: c}, {name: c, counters: {a: {value: 1}}}]}`,
      'spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed',
      "spec.sharedCounters[0].counters: Required value",
      'spec.sharedCounters[1]: Duplicate value: {"name":"c","counters":{"a":{"value":1}}}',
    ],
  ],
});

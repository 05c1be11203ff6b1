import { type Refusal, testRefusals } from "../refusals.fixture.ts";

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const pod = "spec: {containers: [{name: a, image: nginx}]}";
const service = "spec: {ports: [{port: 80}]}";
const claim = "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}";
const volume = "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /tmp}}";
const endpoints = "subsets: [{addresses: [{ip: 10.1.2.3}]}]";
const limits = "spec: {limits: [{type: Container, max: {cpu: '1'}}]}";
const opaque = "data: {a: YQ==}";

const table: { readonly [kind: string]: readonly Refusal[] } = {
  Pod: [
    [
      pod,
      "spec: {containers: [{name: a, image: b}], ephemeralContainers: [{name: c, image: d}]}",
      "spec.ephemeralContainers: Forbidden: cannot be set on create",
    ],
    [
      pod,
      "spec: {containers: [{name: a, image: b}], nodeName: n, schedulingGates: [{name: a.b/c}]}",
      "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
    ],
    [
      pod,
      "spec: {dnsPolicy: x}",
      "spec.containers: Required value",
      'spec.dnsPolicy: Unsupported value: "x": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
    ],
    [
      pod,
      "spec: {containers: [{name: a, image: b}, {name: a, image: b}]}",
      'spec.containers[1].name: Duplicate value: "a"',
    ],
    [
      pod,
      "spec: {containers: [{name: a, image: b, ports: [{containerPort: 70000}]}]}",
      "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
    ],
    [
      pod,
      "spec: {containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v}]}]}",
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      pod,
      "spec: {containers: [{name: a, image: b, livenessProbe: {successThreshold: 2, exec: {command: [a]}}}]}",
      "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
    ],
    [
      pod,
      "spec: {containers: [{name: a, image: b, resources: {requests: {cpu: '2'}, limits: {cpu: '1'}}}]}",
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      pod,
      "spec: {containers: [{name: a, image: b}], activeDeadlineSeconds: 0}",
      "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
    ],
    [
      pod,
      "spec: {containers: [{name: a, image: b}], dnsPolicy: None}",
      "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
    ],
  ],
  Endpoints: [
    [endpoints, "subsets: [{}]", "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
    [
      endpoints,
      "subsets: [{addresses: [{ip: 127.0.0.1}]}]",
      'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    ],
  ],
  Event: [
    [
      "involvedObject: {kind: Pod, namespace: d}",
      "involvedObject: {namespace: x}",
      'involvedObject.namespace: Invalid value: "x": does not match event.namespace',
    ],
    [
      "involvedObject: {namespace: d}, action: a, reason: r, reportingInstance: i, reportingComponent: c",
      "eventTime: 2026-01-02T03:04:05.000000Z, action: '', reportingComponent: a b, series: {count: 1}",
      `reportingComponent: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      "action: Required value",
    ],
    ["involvedObject: {namespace: d}, reason: a", "~involvedObject: {namespace: d}, reason: b"],
  ],
  ResourceQuota: [
    [
      "spec: {scopes: [NotTerminating]}",
      "~spec: {scopes: [Terminating]}",
      'spec.scopes: Invalid value: ["Terminating"]: field is immutable',
    ],
  ],
  Node: [
    [
      "spec: {podCIDR: 10.2.0.0/24}",
      "~spec: {}",
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ],
  ],
  LimitRange: [
    [
      limits,
      "spec: {limits: [{type: Container, max: {cpu: '1'}, default: {cpu: '2'}, defaultRequest: {cpu: '1'}}]}",
      'spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1',
    ],
    [
      limits,
      "spec: {limits: [{type: Pod, default: {cpu: '1'}}]}",
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    ],
  ],
  Secret: [
    [opaque, "type: kubernetes.io/tls, data: {}", "data[tls.crt]: Required value", "data[tls.key]: Required value"],
    [opaque, "~type: x", 'type: Invalid value: "x": field is immutable'],
  ],
  Service: [
    [service, "spec: {ports: [{port: 80}], externalIPs: [10.1.2.3]}"],
    [service, "spec: {}", "spec.ports: Required value"],
    [service, "spec: {ports: [{port: 80}, {name: a, port: 81}]}", "spec.ports[0].name: Required value"],
    [service, "spec: {type: ExternalName}", "spec.externalName: Required value"],
    [
      service,
      "spec: {ports: [{port: 80, targetPort: -1}]}",
      "spec.ports[0].targetPort: Invalid value: -1: must be between 1 and 65535, inclusive",
    ],
  ],
  PersistentVolumeClaim: [
    [
      claim,
      "spec: {}",
      "spec.accessModes: Required value: at least 1 access mode is required",
      "spec.resources[storage]: Required value",
    ],
  ],
  PersistentVolume: [
    [
      volume,
      "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {}}",
      "spec.hostPath.path: Required value",
    ],
    [
      volume,
      "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /a}, flexVolume: {driver: d}, nfs: {}}",
      "spec.nfs: Forbidden: may not specify more than 1 volume type",
    ],
  ],
  // Of a base for a name, generated rules see the name alone, and they speak last.
  ReplicationController: [
    [
      "spec: {}",
      "metadata: {name: Aa, generateName: A, namespace: d}, spec: {}",
      `metadata.name: Invalid value: "Aa": ${subdomain}`,
      "spec.selector: Required value",
      "spec.template: Required value",
    ],
  ],
};

testRefusals("v1", table);

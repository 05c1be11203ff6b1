import { type Refusal, testRefusals } from "../refusals.fixture.ts";

const whole =
  "involvedObject: {namespace: d}, eventTime: 2026-01-02T03:04:05.000000Z, type: Normal, action: a, reason: r, reportingComponent: c, reportingInstance: i";

const subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const rows: readonly Refusal[] = [
  [whole, ""],
  [
    whole,
    "metadata: {name: Aa, namespace: d, finalizers: [f]}",
    `metadata.name: Invalid value: "Aa": ${subdomain}`,
    'metadata.finalizers[0]: Invalid value: "f": name is neither a standard finalizer name nor is it fully qualified',
  ],
  [
    "involvedObject: {namespace: d}",
    "source: {host: h}, count: 1",
    "eventTime: Required value",
    'type: Invalid value: "": has invalid value: ',
    'count: Invalid value: "": needs to be unset',
    'source: Invalid value: "": needs to be unset',
  ],
  [whole, "~series: {count: 2, lastObservedTime: 2026-01-02T03:04:06.000000Z}"],
  [
    whole,
    "~involvedObject: {namespace: d, name: x}, type: Odd, reportingComponent: q, count: 2",
    'involvedObject: Invalid value: {"Kind":"","Namespace":"d","Name":"x","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
    "count: Invalid value: 2: field is immutable",
    'type: Invalid value: "Odd": field is immutable',
    'reportingController: Invalid value: "q": field is immutable',
  ],
];

// Names of the core's events are segments of paths, and those with a time may tell of objects elsewhere.
testRefusals("v1", {
  Event: [
    [whole, "metadata: {name: Aa, namespace: d}, involvedObject: {namespace: x}"],
    [
      "involvedObject: {namespace: d}",
      "involvedObject: {namespace: x}",
      'involvedObject.namespace: Invalid value: "x": does not match event.namespace',
    ],
  ],
});

// Events of the new API come in the core's version, in which they are stored, and are held to more.
testRefusals("v1", { Event: rows }, "events.k8s.io/v1");

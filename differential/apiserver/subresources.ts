import { findResource } from "@sallyport/kube";
import type { Tape } from "../tape.ts";
import { accepts, writeQueries } from "./options.ts";
import type { Sample, Step, Subject } from "./scenario.ts";

const mergePatch = "application/merge-patch+json";
const strategicPatch = "application/strategic-merge-patch+json";
const jsonPatch = "application/json-patch+json";
const applyPatch = "application/apply-patch+yaml";

/** What is asked by which part of which object. */
const parts: { readonly [resource: string]: readonly ((subject: Subject, tape: Tape) => Step)[] } = {
  pods: [evicted, evicted, bound, resized, resized, withEphemeral, withEphemeral],
  serviceaccounts: [tokened],
  namespaces: [finalized],
  certificatesigningrequests: [approved],
  deployments: [scaled],
  replicasets: [scaled],
  statefulsets: [scaled],
  replicationcontrollers: [scaled],
};

/** Kinds with parts of their own. */
export function hasParts({ info }: Subject): boolean {
  return parts[info.resource] !== undefined;
}

/** An object of a kind that has parts of its own, and what is asked of these. */
export function partsOf(subject: Subject, tape: Tape): readonly Step[] {
  const { object, info, collection, item } = subject;
  const makers = parts[info.resource] ?? [];
  return [
    { method: "POST", path: collection, body: object },
    ...tape.list(4, () => tape.choose(makers.map((make) => () => make(subject, tape))), 2),
    { method: "GET", path: item },
    { method: "DELETE", path: `${item}?gracePeriodSeconds=0` },
  ];
}

function query(tape: Tape): string {
  return tape.oneIn(3) ? tape.pick(writeQueries) : "";
}

function post(path: string, body: unknown, tape: Tape): Step {
  return {
    method: "POST",
    path: `${path}${query(tape)}`,
    body,
    ...(tape.oneIn(5) ? { accept: tape.pick(accepts) } : {}),
  };
}

function evicted({ item, name }: Subject, tape: Tape): Step {
  const metadata = tape.pick<unknown>([{ name }, { name }, {}, { name: "other" }, { name, namespace: "other" }, 7]);
  const deleteOptions = tape.pick<unknown>([
    undefined,
    { dryRun: ["All"] },
    { dryRun: ["odd"] },
    { gracePeriodSeconds: -1 },
    { preconditions: { uid: "00000000-0000-0000-0000-000000000000" } },
    { preconditions: { resourceVersion: "1" }, dryRun: ["All"] },
    { propagationPolicy: "odd" },
    { propagationPolicy: "Orphan", orphanDependents: true },
    7,
  ]);
  const apiVersion = tape.pick(["policy/v1", "policy/v1", "policy/v1beta1", "v1", "policy/v7"]);
  const kind = tape.pick(["Eviction", "Eviction", "Eviction", "Pod", "DeleteOptions"]);
  return post(`${item}/eviction`, { apiVersion, kind, metadata, deleteOptions }, tape);
}

function bound({ item, name }: Subject, tape: Tape): Step {
  const metadata = tape.pick<unknown>([
    { name },
    {},
    { name: "other" },
    { name, labels: { l: "m" }, annotations: { b: "c" } },
    { name, uid: "00000000-0000-0000-0000-000000000000" },
    { name, labels: { "-": "m" } },
  ]);
  const target = tape.pick<unknown>([
    { name: "n1" },
    { kind: "Node", name: "n1" },
    { kind: "Node", apiVersion: "v1", name: "UPPER" },
    { kind: "Pod", name: "n1" },
    { kind: "Minion", name: "n1" },
    {},
    { name: "" },
    7,
    undefined,
  ]);
  const body = {
    apiVersion: tape.pick(["v1", "v1", "v7"]),
    kind: tape.pick(["Binding", "Binding", "Pod"]),
    metadata,
    target,
  };
  return tape.oneIn(6) ? post(item.replace(/pods\/.*$/, "bindings"), body, tape) : post(`${item}/binding`, body, tape);
}

function resized({ object, item }: Subject, tape: Tape): Step {
  const path = `${item}/resize${query(tape)}`;
  const resources = tape.pick<unknown>([
    { requests: { cpu: "200m" } },
    { requests: { cpu: "200m", memory: "64Mi" }, limits: { cpu: "1", memory: "128Mi" } },
    { requests: { cpu: "2" }, limits: { cpu: "1" } },
    { requests: { cpu: "x" } },
    { requests: { "example.com/a": "1" } },
    { limits: { memory: "1Mi" } },
    { claims: [{ name: "a" }] },
    null,
    {},
  ]);
  const containers = [
    { name: tape.pick(["a", "a", "a", "b"]), resources, ...(tape.oneIn(6) ? { image: "other" } : {}) },
  ];
  const labels = tape.oneIn(5) ? { metadata: { labels: { r: "s" } } } : {};
  const [first] = object.spec.containers;
  const whole = { ...object, ...labels, spec: { ...object.spec, containers: [{ ...first, resources }] } };
  return tape.choose<Step>([
    () => ({ method: "PATCH", path, type: strategicPatch, body: { ...labels, spec: { containers } } }),
    () => ({ method: "PATCH", path, type: mergePatch, body: { spec: { containers: [{ ...first, resources }] } } }),
    () => ({ method: "PUT", path, body: whole }),
    () => ({
      method: "PATCH",
      path: `${item}/resize?fieldManager=r`,
      type: applyPatch,
      body: { apiVersion: "v1", kind: "Pod", metadata: { name: object.metadata.name }, spec: { containers } },
    }),
    () => ({ method: "GET", path }),
    () => ({ method: "POST", path, body: whole }),
  ]);
}

function withEphemeral({ object, item }: Subject, tape: Tape): Step {
  const path = `${item}/ephemeralcontainers${query(tape)}`;
  const container = tape.pick<Sample>([
    { name: "e", image: "busybox" },
    { name: "e2", image: "busybox", targetContainerName: "a", stdin: true, tty: true },
    { name: "a", image: "busybox" },
    { name: "e", image: "" },
    { name: "e3", image: "b", ports: [{ containerPort: 1 }] },
    {
      name: "e4",
      image: "b",
      livenessProbe: { exec: { command: ["a"] } },
      lifecycle: {},
      resources: { limits: { cpu: "1" } },
    },
    { name: "e5", image: "b", targetContainerName: "nobody" },
    { name: "UPPER", image: "b", volumeMounts: [{ name: "nothing", mountPath: "/a" }] },
    { name: "e6", image: "b", command: ["a"], env: [{ name: "A", value: "b" }], securityContext: { privileged: true } },
    7,
    null,
  ]);
  const ephemeralContainers = [container];
  return tape.choose<Step>([
    () => ({ method: "PATCH", path, type: strategicPatch, body: { spec: { ephemeralContainers } } }),
    () => ({ method: "PATCH", path, type: mergePatch, body: { spec: { ephemeralContainers } } }),
    () => ({
      method: "PATCH",
      path,
      type: jsonPatch,
      body: [{ op: "add", path: "/spec/ephemeralContainers/-", value: container }],
    }),
    () => ({ method: "PUT", path, body: { ...object, spec: { ...object.spec, ephemeralContainers } } }),
    () => ({ method: "PUT", path, body: { apiVersion: "v1", kind: "EphemeralContainers", ephemeralContainers } }),
    () => ({ method: "GET", path, accept: tape.pick(accepts) }),
    () => ({
      method: "PATCH",
      path: `${item}/ephemeralcontainers?fieldManager=e`,
      type: applyPatch,
      body: { apiVersion: "v1", kind: "Pod", metadata: { name: object.metadata.name }, spec: { ephemeralContainers } },
    }),
  ]);
}

function tokened({ item, name }: Subject, tape: Tape): Step {
  const spec = tape.pick<unknown>([
    {},
    undefined,
    { audiences: ["a", "b"] },
    { audiences: [""] },
    { expirationSeconds: 600 },
    { expirationSeconds: 599 },
    { expirationSeconds: 3607 },
    { expirationSeconds: 9_000_000_000 },
    { expirationSeconds: "x" },
    { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "nobody" } },
    { boundObjectRef: { kind: "Secret", apiVersion: "v1", name: "nobody", uid: "x" } },
    { boundObjectRef: { kind: "Node", apiVersion: "v1", name: "nobody" } },
    { boundObjectRef: { kind: "Service", apiVersion: "v1", name: "nobody" } },
    { boundObjectRef: { kind: "Pod", apiVersion: "v7", name: "nobody" } },
    { boundObjectRef: {} },
  ]);
  const metadata = tape.pick<unknown>([
    undefined,
    { name },
    { name: "other" },
    { namespace: "other" },
    { namespace: "d" },
  ]);
  const apiVersion = tape.pick([
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1",
    "v1",
    "authentication.k8s.io/v7",
  ]);
  const kind = tape.pick(["TokenRequest", "TokenRequest", "TokenRequest", "TokenReview"]);
  return post(`${item}/token`, { apiVersion, kind, metadata, spec }, tape);
}

function finalized({ object, item, name }: Subject, tape: Tape): Step {
  const finalizers = tape.pick<unknown>([["kubernetes"], [], ["kubernetes", "example.com/a"], ["odd"], undefined, 7]);
  const metadata = tape.pick<Sample>([
    { name },
    { name, labels: { f: "g" } },
    { name: "other" },
    { name, resourceVersion: "1" },
  ]);
  const body = { ...object, metadata, spec: { finalizers } };
  const path = `${item}/finalize${query(tape)}`;
  return { method: tape.pick(["PUT", "PUT", "PUT", "POST", "GET", "PATCH"]), path, body };
}

function approved({ object, item }: Subject, tape: Tape): Step {
  const condition = tape.pick<unknown>([
    { type: "Approved", status: "True", reason: "r", message: "m" },
    { type: "Denied", status: "True", reason: "r" },
    { type: "Failed", status: "True" },
    { type: "Approved", status: "False" },
    { type: "Approved", status: "odd" },
    { type: "Odd", status: "Unknown" },
    { type: "", status: "True" },
    { status: "True" },
    {
      type: "Approved",
      status: "True",
      lastUpdateTime: "2026-01-02T03:04:05Z",
      lastTransitionTime: "2026-01-02T03:04:05Z",
    },
  ]);
  const status = { conditions: tape.oneIn(6) ? [condition, condition] : [condition] };
  const path = `${item}/${tape.pick(["approval", "approval", "approval", "status"])}${query(tape)}`;
  return tape.choose<Step>([
    () => ({ method: "PUT", path, body: { ...object, status } }),
    () => ({
      method: "PUT",
      path,
      body: { ...object, status: { ...status, certificate: tape.pick(["YQ==", "", 7]) } },
    }),
    () => ({ method: "PATCH", path, type: mergePatch, body: { status } }),
    () => ({ method: "PATCH", path, type: strategicPatch, body: { status } }),
    () => ({ method: "GET", path }),
    () => ({
      method: "PATCH",
      path,
      type: mergePatch,
      body: { metadata: { labels: { a: "b" } }, spec: { username: "x" } },
    }),
  ]);
}

function scaled({ info, item, name }: Subject, tape: Tape): Step {
  const known = findResource(info.group, info.version, `${info.resource}/scale`);
  const spec = tape.pick<unknown>([
    { replicas: 3 },
    { replicas: 0 },
    { replicas: -1 },
    { replicas: "x" },
    { replicas: null },
    {},
    undefined,
    { replicas: 4, more: 1 },
    7,
  ]);
  const metadata = tape.pick<Sample>([
    { name, namespace: "d" },
    { name },
    { name: "other" },
    { name, namespace: "other" },
    { name, namespace: "d", resourceVersion: "(resourceVersion)" },
    { name, namespace: "d", resourceVersion: "1" },
    { name, namespace: "d", uid: "00000000-0000-0000-0000-000000000000" },
    { name, namespace: "d", labels: { s: "t" } },
  ]);
  const apiVersion = tape.pick([
    "autoscaling/v1",
    "autoscaling/v1",
    "extensions/v1beta1",
    "autoscaling/v2",
    `${info.group}/v1`,
  ]);
  const body = { apiVersion, kind: tape.pick(["Scale", "Scale", "Scale", info.kind]), metadata, spec };
  const path = `${item}/scale${query(tape)}`;
  return tape.choose<Step>([
    () => ({ method: "PUT", path, body }),
    () => ({ method: "PATCH", path, type: mergePatch, body: { spec } }),
    () => ({ method: "PATCH", path, type: strategicPatch, body: { spec } }),
    () => ({
      method: "PATCH",
      path,
      type: jsonPatch,
      body: [{ op: "replace", path: "/spec/replicas", value: tape.pick([1, -1, "x", null]) }],
    }),
    () => ({
      method: "PATCH",
      path: `${item}/scale?fieldManager=${tape.pick(["s", "t"])}${tape.pick(["", "&force=true"])}`,
      type: applyPatch,
      body,
    }),
    () => ({ method: "GET", path, accept: tape.pick(accepts) }),
    () => ({ method: known === undefined ? "GET" : "DELETE", path }),
  ]);
}

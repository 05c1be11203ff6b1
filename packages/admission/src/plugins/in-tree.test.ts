import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { namespace, pod, requestFor, snapshotOf, testEffects } from "../admission.fixture.ts";
import { admit } from "../admit.ts";
import type { Plugin } from "../plugin.ts";
import type { Request } from "../request.ts";
import type { ChainEffects, Snapshot } from "../snapshot.ts";
import { type ChainOptions, createChain, pluginEntries } from "./all.ts";

/** One plugin alone in the chain. */
function only(name: string, options: ChainOptions = {}): readonly Plugin[] {
  const disable = pluginEntries.filter((each) => each.byDefault && each.name !== name).map((each) => each.name);
  const isOff = pluginEntries.some((each) => each.name === name && !each.byDefault);
  const chain = createChain({ ...options, disable, enable: isOff ? [name] : [] });
  assert.ok(typeof chain !== "string", String(chain));
  return chain;
}

interface Case {
  readonly object: KubeObject;
  readonly old?: KubeObject;
  readonly world?: readonly KubeObject[];
  readonly as?: Partial<Request>;
  readonly options?: ChainOptions;
  readonly snapshot?: Partial<Snapshot>;
  readonly effects?: Partial<ChainEffects>;
  /** Fields of the admitted object by path, joined by dots; or what the refusal says. */
  readonly want: { readonly [path: string]: unknown } | string;
}

async function run(plugin: string, each: Case): Promise<unknown> {
  const request = {
    ...requestFor(each.object, each.old === undefined ? "CREATE" : "UPDATE", each.old ?? null),
    ...each.as,
  };
  const decision = await admit(
    request,
    snapshotOf(each.world ?? [], each.snapshot),
    { ...testEffects, ...each.effects },
    { plugins: only(plugin, each.options) },
  );
  if (typeof each.want === "string") return decision.status?.message ?? "allowed";
  assert.equal(decision.status?.message, undefined);
  return Object.fromEntries(Object.keys(each.want).map((path) => [path, at(decision.object, path)]));
}

function at(object: unknown, path: string): unknown {
  return path.split(".").reduce((value, key) => (value as { [key: string]: unknown } | undefined)?.[key], object);
}

function object(apiVersion: string, kind: string, name: string, rest: object = {}, metadata: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { name, ...metadata }, ...rest } as KubeObject;
}

const inDefault = { namespace: "default" };
const claim = (size: string, status: object = { phase: "Bound" }, spec: object = {}) =>
  object(
    "v1",
    "PersistentVolumeClaim",
    "c",
    {
      spec: { storageClassName: "fast", resources: { requests: { storage: size } }, ...spec },
      status,
    },
    inDefault,
  );
const storageClass = (rest: object) => object("storage.k8s.io/v1", "StorageClass", "fast", rest);
const runtimeClass = (rest: object) =>
  object("node.k8s.io/v1", "RuntimeClass", "gvisor", { handler: "runsc", ...rest });
const ingress = (spec: object, metadata: object = {}) =>
  object("networking.k8s.io/v1", "Ingress", "i", { spec }, { ...inDefault, ...metadata });
const ingressClass = (name: string, creationTimestamp: string) =>
  object(
    "networking.k8s.io/v1",
    "IngressClass",
    name,
    {},
    {
      creationTimestamp,
      annotations: { "ingressclass.kubernetes.io/is-default-class": "true" },
    },
  );
const service = (externalIPs: readonly string[]) => object("v1", "Service", "s", { spec: { externalIPs } }, inDefault);
const node = (rest: object = {}, metadata: object = {}) => object("v1", "Node", "n1", rest, metadata);
const limits = (...items: readonly object[]) => object("v1", "LimitRange", "l", { spec: { limits: items } }, inDefault);
const annotated = (annotations: object) => object("v1", "Namespace", "default", {}, { annotations });
const container = (resources: object) => ({ containers: [{ name: "a", image: "x", resources }] });
const nobody = { authorizer: { authorize: () => ({ allowed: false, reason: "no" }) } };
const csr = (spec: object, status: object = {}) =>
  object("certificates.k8s.io/v1", "CertificateSigningRequest", "r", { spec, status });
const bundle = (spec: object) => object("certificates.k8s.io/v1beta1", "ClusterTrustBundle", "b", { spec });
const kubelet = { userInfo: { username: "system:node:n1", groups: ["system:nodes"] } };
const owned = (owner: object) => ({
  ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "n1", uid: "u", ...owner }],
});
const mirror = { annotations: { "kubernetes.io/config.mirror": "x" }, ...owned({ controller: true }) };
const strict = object(
  "v1",
  "ServiceAccount",
  "strict",
  { secrets: [{ name: "mine" }] },
  { ...inDefault, annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } },
);
const priorityClass = (name: string, rest: object = {}) =>
  object("scheduling.k8s.io/v1", "PriorityClass", name, { value: 10, ...rest });
const event = (host: string) =>
  object(
    "v1",
    "Event",
    "e",
    { source: { component: "k", host }, involvedObject: { kind: "Pod", name: "p" } },
    inDefault,
  );

const cases: { readonly [plugin: string]: { readonly [what: string]: Case } } = {
  LimitPodHardAntiAffinityTopology: {
    "a zone": {
      object: pod({
        affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone" }] } },
      }),
      want: 'pods "p" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed',
    },
    "a node": {
      object: pod({
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "kubernetes.io/hostname" }],
          },
        },
      }),
      want: {},
    },
  },
  TaintNodesByCondition: {
    "a new node": {
      object: node(),
      want: { "spec.taints": [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }] },
    },
    "one that has the taint": {
      object: node({ spec: { taints: [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule", value: "x" }] } }),
      want: { "spec.taints.1": undefined },
    },
  },
  ExtendedResourceToleration: {
    "a device": {
      object: pod(
        container({ requests: { cpu: "1", "example.com/b": "1", "example.com/a": "1", "kubernetes.io/x": 1 } }),
      ),
      want: {
        "spec.tolerations": ["example.com/a", "example.com/b"].map((key) => ({
          key,
          operator: "Exists",
          effect: "NoSchedule",
        })),
      },
    },
    "nothing special": { object: pod(container({ requests: { cpu: "1" } })), want: { "spec.tolerations": undefined } },
  },
  StorageObjectInUseProtection: {
    "a claim": { object: claim("1Gi"), want: { "metadata.finalizers": ["kubernetes.io/pvc-protection"] } },
    "a volume": {
      object: object("v1", "PersistentVolume", "v", {}, { finalizers: ["a/b"] }),
      want: { "metadata.finalizers": ["a/b", "kubernetes.io/pv-protection"] },
    },
    "a pod": { object: pod(), want: { "metadata.finalizers": undefined } },
  },
  PersistentVolumeClaimResize: {
    "a class that grows": {
      object: claim("2Gi"),
      old: claim("1Gi"),
      world: [storageClass({ allowVolumeExpansion: true })],
      want: {},
    },
    "a class that does not": {
      object: claim("2Gi"),
      old: claim("1Gi"),
      world: [storageClass({})],
      want: 'persistentvolumeclaims "c" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    },
    "a claim that is not bound": {
      object: claim("2Gi"),
      old: claim("1Gi", { phase: "Pending" }),
      world: [storageClass({ allowVolumeExpansion: true })],
      want: 'persistentvolumeclaims "c" is forbidden: Only bound persistent volume claims can be expanded',
    },
    "one that shrinks is not its matter": { object: claim("1000Mi"), old: claim("1Gi"), want: {} },
  },
  RuntimeClass: {
    "overhead, selector and tolerations": {
      object: pod({
        runtimeClassName: "gvisor",
        nodeSelector: { a: "1" },
        tolerations: [{ key: "k", operator: "Exists" }],
      }),
      world: [
        runtimeClass({
          overhead: { podFixed: { cpu: "250m" } },
          scheduling: {
            nodeSelector: { gv: "yes" },
            tolerations: [
              { key: "k", operator: "Exists", effect: "NoSchedule" },
              { key: "g", operator: "Exists" },
            ],
          },
        }),
      ],
      want: {
        "spec.overhead": { cpu: "250m" },
        "spec.nodeSelector": { a: "1", gv: "yes" },
        "spec.tolerations": [
          { key: "k", operator: "Exists" },
          { key: "g", operator: "Exists" },
        ],
      },
    },
    "a class that is not there": {
      object: pod({ runtimeClassName: "gvisor" }),
      want: 'pods "p" is forbidden: pod rejected: RuntimeClass "gvisor" not found',
    },
    "another overhead": {
      object: pod({ runtimeClassName: "gvisor", overhead: { cpu: "1" } }),
      world: [runtimeClass({ overhead: { podFixed: { cpu: "250m" } } })],
      want: `pods "p" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`,
    },
    "the same overhead, written otherwise": {
      object: pod({ runtimeClassName: "gvisor", overhead: { cpu: "0.25" } }),
      world: [runtimeClass({ overhead: { podFixed: { cpu: "250m" } } })],
      want: { "spec.overhead": { cpu: "250m" } },
    },
    "overhead without class": {
      object: pod({ overhead: { cpu: "1" } }),
      want: 'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    },
    "a selector that contradicts": {
      object: pod({ runtimeClassName: "gvisor", nodeSelector: { gv: "no" } }),
      world: [runtimeClass({ scheduling: { nodeSelector: { gv: "yes" } } })],
      want: 'pods "p" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[gv] = yes; pod.spec.nodeSelector[gv] = no',
    },
  },
  DefaultIngressClass: {
    "the newest default": {
      object: ingress({}),
      world: [ingressClass("old", "2020-01-01T00:00:00Z"), ingressClass("new", "2024-01-01T00:00:00Z")],
      want: { "spec.ingressClassName": "new" },
    },
    "the old annotation": {
      object: ingress({}, { annotations: { "kubernetes.io/ingress.class": "x" } }),
      world: [ingressClass("new", "2024-01-01T00:00:00Z")],
      want: { "spec.ingressClassName": undefined },
    },
  },
  DenyServiceExternalIPs: {
    "a new address": {
      object: service(["1.2.3.4"]),
      want: 'services "s" is forbidden: Use of external IPs is denied by admission control',
    },
    "one that it had": { object: service(["1.2.3.4"]), old: service(["1.2.3.4", "5.6.7.8"]), want: {} },
  },
  PodTopologyLabels: {
    "a pod on a node": {
      object: pod({ nodeName: "n1" }, { labels: { "topology.kubernetes.io/zone": "mine" } }),
      world: [node({}, { labels: { "topology.kubernetes.io/zone": "z1", other: "x" } })],
      want: { "metadata.labels": { "topology.kubernetes.io/zone": "z1" } },
    },
    "a binding": {
      object: object("v1", "Binding", "p", { target: { kind: "Node", name: "n1" } }, inDefault),
      as: { resource: { group: "", version: "v1", resource: "pods" }, subResource: "binding" },
      world: [node({}, { labels: { "topology.kubernetes.io/region": "r1" } })],
      want: { "metadata.labels": { "topology.kubernetes.io/region": "r1" } },
    },
  },
  PodNodeSelector: {
    "of the namespace": {
      object: pod({ nodeSelector: { a: "1" } }),
      world: [annotated({ "scheduler.alpha.kubernetes.io/node-selector": "env=prod, b = 2" })],
      want: { "spec.nodeSelector": { a: "1", env: "prod", b: "2" } },
    },
    "of the cluster": {
      object: pod(),
      world: [namespace("default")],
      options: { podNodeSelector: { clusterDefaultNodeSelector: "env=test" } },
      want: { "spec.nodeSelector": { env: "test" } },
    },
    "one that contradicts": {
      object: pod({ nodeSelector: { env: "test" } }),
      world: [annotated({ "scheduler.alpha.kubernetes.io/node-selector": "env=prod" })],
      want: 'pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector',
    },
    "one that is not on the list": {
      object: pod({ nodeSelector: { x: "1" } }),
      world: [namespace("default")],
      options: { podNodeSelector: { default: "env=prod" } },
      want: 'pods "p" is forbidden: pod node label selector labels conflict with its namespace whitelist',
    },
  },
  ServiceAccount: {
    "a secret that a strict account does not list": {
      object: pod({ serviceAccountName: "strict", volumes: [{ name: "v", secret: { secretName: "other" } }] }),
      world: [strict],
      want: 'pods "p" is forbidden: volume with secret.secretName="other" is not allowed because service account strict does not reference that secret',
    },
    "a variable of such a secret": {
      object: pod({
        serviceAccountName: "strict",
        containers: [{ name: "a", envFrom: [{ secretRef: { name: "other" } }] }],
      }),
      world: [strict],
      want: 'pods "p" is forbidden: container a with envFrom referencing secret.secretName="other" is not allowed because service account strict does not reference that secret',
    },
    "a secret to pull with": {
      object: pod({ serviceAccountName: "strict", imagePullSecrets: [{ name: "mine" }] }),
      world: [strict],
      want: 'pods "p" is forbidden: imagePullSecrets[0].name="mine" is not allowed because service account strict does not reference that imagePullSecret',
    },
    "one that it lists": {
      object: pod({ serviceAccountName: "strict", volumes: [{ name: "v", secret: { secretName: "mine" } }] }),
      world: [strict],
      want: { "spec.serviceAccountName": "strict" },
    },
    "an ephemeral container's": {
      object: pod({
        serviceAccountName: "strict",
        ephemeralContainers: [{ name: "e", env: [{ name: "A", valueFrom: { secretKeyRef: { name: "other" } } }] }],
      }),
      old: pod({ serviceAccountName: "strict" }),
      world: [strict],
      as: { subResource: "ephemeralcontainers" },
      want: 'ephemeral container e with envVar A referencing secret.secretName="other" is not allowed because service account strict does not reference that secret',
    },
    "a mirror pod with a secret": {
      object: {
        ...pod({ volumes: [{ name: "v", azureFile: { secretName: "s", shareName: "x" } }] }),
        metadata: { name: "p", ...mirror, ...inDefault },
      },
      want: 'pods "p" is forbidden: a mirror pod may not reference secrets',
    },
  },
  Priority: {
    "the class's policy": {
      object: pod({ priorityClassName: "low" }),
      world: [priorityClass("low", { preemptionPolicy: "Never" })],
      want: { "spec.priority": 10, "spec.preemptionPolicy": "Never" },
    },
    "another policy than the class's": {
      object: pod({ priorityClassName: "low", preemptionPolicy: "Never" }),
      world: [priorityClass("low")],
      want: 'pods "p" is forbidden: the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name',
    },
    "a second default": {
      object: priorityClass("low", { globalDefault: true }),
      world: [priorityClass("first", { globalDefault: true })],
      want: 'priorityclasses.scheduling.k8s.io "low" is forbidden: PriorityClass first is already marked as default. Only one default can exist',
    },
  },
  AlwaysPullImages: {
    "a volume that is an image": {
      object: pod({ volumes: [{ name: "v", image: { reference: "a:1" } }] }),
      want: { "spec.volumes": [{ name: "v", image: { reference: "a:1", pullPolicy: "Always" } }] },
    },
    "an update without new images": {
      object: pod({ containers: [{ name: "a", image: "x", imagePullPolicy: "Never" }] }),
      old: pod({ containers: [{ name: "a", image: "x", imagePullPolicy: "Never" }] }),
      want: { "spec.containers": [{ name: "a", image: "x", imagePullPolicy: "Never" }] },
    },
  },
  PodTolerationRestriction: {
    "defaults of the namespace": {
      object: pod({ tolerations: [{ key: "mine", operator: "Exists" }] }),
      world: [annotated({ "scheduler.alpha.kubernetes.io/defaultTolerations": '[{"key":"k","operator":"Exists"}]' })],
      want: {
        "spec.tolerations": [
          { key: "mine", operator: "Exists" },
          { key: "k", operator: "Exists" },
        ],
      },
    },
    "memory pressure for what reserves": {
      object: pod(container({ requests: { memory: "1Gi" } })),
      world: [namespace("default")],
      want: {
        "spec.tolerations": [{ key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" }],
      },
    },
    "one outside of the cluster's list": {
      object: pod({ tolerations: [{ key: "mine", operator: "Exists" }] }),
      world: [namespace("default")],
      options: { podTolerationRestriction: { whitelist: [{ key: "k", operator: "Exists" }] } },
      want: "pod tolerations (possibly merged with namespace default tolerations) conflict with its cluster whitelist",
    },
    "one outside of the namespace's list": {
      object: pod({ tolerations: [{ key: "k", operator: "Exists" }] }),
      world: [
        annotated({
          "scheduler.alpha.kubernetes.io/tolerationsWhitelist": '[{"key":"k","operator":"Equal","value":"v"}]',
        }),
      ],
      want: "pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist",
    },
  },
  LimitRanger: {
    "defaults, and what was set": {
      object: pod({ ...container({ requests: { cpu: "1" } }), initContainers: [{ name: "i" }] }),
      world: [limits({ type: "Container", default: { cpu: "2", memory: "1Gi" }, defaultRequest: { cpu: "100m" } })],
      want: {
        "spec.containers.0.resources": { requests: { cpu: "1" }, limits: { cpu: "2", memory: "1Gi" } },
        "spec.initContainers.0.resources": { requests: { cpu: "100m" }, limits: { cpu: "2", memory: "1Gi" } },
        "metadata.annotations": {
          "kubernetes.io/limit-ranger":
            "LimitRanger plugin set: cpu, memory limit for container a; cpu request for init container i; cpu, memory limit for init container i",
        },
      },
    },
    "below the minimum": {
      object: pod(container({ requests: { memory: "1Mi" } })),
      world: [limits({ type: "Container", min: { memory: "10Mi" } })],
      want: 'pods "p" is forbidden: minimum memory usage per Container is 10Mi, but request is 1Mi',
    },
    "no request, no limit": {
      object: pod(),
      world: [limits({ type: "Container", min: { cpu: "1" }, max: { cpu: "2" } })],
      want: 'pods "p" is forbidden: [minimum cpu usage per Container is 1.  No request is specified, maximum cpu usage per Container is 2.  No limit is specified]',
    },
    "a pod as a whole": {
      object: pod({
        containers: [1, 2].map((i) => ({
          name: `c${i}`,
          resources: { requests: { cpu: "700m" }, limits: { cpu: "700m" } },
        })),
      }),
      world: [limits({ type: "Pod", max: { cpu: "1" } })],
      want: 'pods "p" is forbidden: maximum cpu usage per Pod is 1, but limit is 1400m',
    },
    "a ratio": {
      object: pod(container({ requests: { cpu: "1" }, limits: { cpu: "3" } })),
      world: [limits({ type: "Container", maxLimitRequestRatio: { cpu: "2" } })],
      want: 'pods "p" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
    },
    "a claim": {
      object: claim("2Gi"),
      world: [limits({ type: "PersistentVolumeClaim", max: { storage: "1Gi" } })],
      want: 'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
    },
    "an update of a pod is left alone": {
      object: pod(),
      old: pod(),
      world: [limits({ type: "Container", min: { cpu: "1" } })],
      want: {},
    },
  },
  OwnerReferencesPermissionEnforcement: {
    "new owners of what one may not delete": {
      object: pod({}, owned({})),
      old: pod(),
      snapshot: nobody,
      want: `pods "p" is forbidden: cannot set an ownerRef on a resource you can't delete: no, <nil>`,
    },
    "blocking without the right": {
      object: pod({}, owned({ blockOwnerDeletion: true })),
      snapshot: nobody,
      want: `pods "p" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: no, <nil>`,
    },
    "a kind that nobody knows": {
      object: pod({}, owned({ blockOwnerDeletion: true, kind: "Nod" })),
      snapshot: nobody,
      want: 'pods "p" is forbidden: cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion v1 Kind Nod: no matches for kind "Nod" in version "v1"',
    },
    "a new object with owners that do not wait": { object: pod({}, owned({})), snapshot: nobody, want: {} },
    "owners that stay": { object: pod({}, owned({})), old: pod({}, owned({})), snapshot: nobody, want: {} },
  },
  CertificateApproval: {
    "without the right": {
      object: csr({ signerName: "example.com/s" }),
      old: csr({ signerName: "example.com/s" }),
      as: { subResource: "approval" },
      snapshot: nobody,
      want: 'certificatesigningrequests.certificates.k8s.io "r" is forbidden: user not permitted to approve requests with signerName "example.com/s"',
    },
    "for the whole domain": {
      object: csr({ signerName: "example.com/s" }),
      old: csr({ signerName: "example.com/s" }),
      as: { subResource: "approval" },
      snapshot: {
        authorizer: {
          authorize: ({ verb, name }) => ({ allowed: verb === "approve" && name === "example.com/*", reason: "" }),
        },
      },
      want: {},
    },
  },
  CertificateSigning: {
    "without the right": {
      object: csr({ signerName: "example.com/s" }, { certificate: "x" }),
      old: csr({ signerName: "example.com/s" }),
      as: { subResource: "status" },
      snapshot: nobody,
      want: 'certificatesigningrequests.certificates.k8s.io "r" is forbidden: user not permitted to sign requests with signerName "example.com/s"',
    },
    "nothing that is signed": {
      object: csr({ signerName: "example.com/s" }),
      old: csr({ signerName: "example.com/s" }),
      as: { subResource: "status" },
      snapshot: nobody,
      want: {},
    },
  },
  ClusterTrustBundleAttest: {
    "without the right": {
      object: bundle({ signerName: "example.com/s", trustBundle: "x" }),
      snapshot: nobody,
      want: 'clustertrustbundles.certificates.k8s.io "b" is forbidden: user not permitted to attest for signerName "example.com/s"',
    },
    "of no signer": { object: bundle({ trustBundle: "x" }), snapshot: nobody, want: {} },
  },
  CertificateSubjectRestriction: {
    masters: {
      object: csr({ signerName: "kubernetes.io/kube-apiserver-client", request: "x" }),
      effects: { subjectOf: () => ({ commonName: "a", organizations: ["system:masters"] }) },
      want: 'certificatesigningrequests.certificates.k8s.io "r" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    },
    "of another signer": {
      object: csr({ signerName: "example.com/s", request: "x" }),
      effects: { subjectOf: () => ({ commonName: "a", organizations: ["system:masters"] }) },
      want: {},
    },
  },
  PodResizeValidator: {
    "more than the node has": {
      object: pod({ nodeName: "n1", ...container({ requests: { cpu: "3", memory: "1Gi" } }) }, { generation: 2 }),
      old: pod({ nodeName: "n1" }, { generation: 1 }),
      as: { subResource: "resize" },
      world: [node({ status: { allocatable: { cpu: "2", memory: "2Gi" } } })],
      want: `pods "p" is forbidden: node didn't have enough allocatable resources: cpu, requested: 3000, allocatable: 2000`,
    },
    "another system": {
      object: pod({ nodeName: "n1" }, { generation: 2 }),
      old: pod({ nodeName: "n1" }, { generation: 1 }),
      as: { subResource: "resize" },
      world: [node({}, { labels: { "kubernetes.io/os": "windows" } })],
      want: 'pods "p" is forbidden: pod resize is only supported on linux nodes, node "n1" is "windows"',
    },
  },
  NodeDeclaredFeatureValidator: {
    "a feature that the node lacks": {
      object: pod({ nodeName: "n1", resources: { requests: { cpu: "2" } } }),
      old: pod({ nodeName: "n1", resources: { requests: { cpu: "1" } } }),
      as: { subResource: "resize" },
      world: [node()],
      want: 'pods "p" is forbidden: pod update requires features InPlacePodLevelResourcesVerticalScaling which are not available on node "n1"',
    },
    "one that it declares": {
      object: pod({ nodeName: "n1", resources: { requests: { cpu: "2" } } }),
      old: pod({ nodeName: "n1" }),
      world: [node({ status: { declaredFeatures: ["InPlacePodLevelResourcesVerticalScaling"] } })],
      want: {},
    },
  },
  EventRateLimit: {
    "no limits": { object: event("h"), want: {} },
    "none left": {
      object: event("h"),
      options: {
        eventRateLimit: [
          { type: "Namespace", qps: 1, burst: 0 },
          { type: "SourceAndObject", qps: 1, burst: 0 },
        ],
      },
      want: "Too many requests: [limit reached on type Namespace for key default, limit reached on type SourceAndObject for key khPodp]",
    },
    "a dry run": {
      object: event("h"),
      as: { dryRun: true },
      options: { eventRateLimit: [{ type: "Server", qps: 1, burst: 0 }] },
      want: {},
    },
  },
  NodeRestriction: {
    "another node": {
      object: object("v1", "Node", "n2"),
      as: kubelet,
      want: 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
    },
    "labels that place workloads": {
      object: node(
        {},
        {
          labels: {
            "node-restriction.kubernetes.io/a": "1",
            "x.k8s.io/b": "1",
            "kubernetes.io/os": "linux",
            mine: "1",
          },
        },
      ),
      as: kubelet,
      want: 'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/a, x.k8s.io/b',
    },
    taints: {
      object: node({ spec: {} }),
      old: node({ spec: { taints: [{ key: "k" }] } }),
      as: kubelet,
      want: 'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
    },
    "a pod of its own": {
      object: pod({ nodeName: "n1" }, mirror),
      world: [node({}, { uid: "u" })],
      as: kubelet,
      want: {},
    },
    "a pod that is no mirror": {
      object: pod({ nodeName: "n1" }),
      as: kubelet,
      want: 'pods "p" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
    },
    "a pod with a secret": {
      object: pod({ nodeName: "n1", volumes: [{ name: "v", secret: { secretName: "s" } }] }, mirror),
      world: [node({}, { uid: "u" })],
      as: kubelet,
      want: 'pods "p" is forbidden: node "n1" can not create pods that reference secrets',
    },
    "the status of another's pod": {
      object: pod({ nodeName: "n2" }),
      old: pod({ nodeName: "n2" }),
      as: { ...kubelet, subResource: "status" },
      want: 'pods "p" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
    },
    "a lease elsewhere": {
      object: object("coordination.k8s.io/v1", "Lease", "n1", {}, inDefault),
      as: kubelet,
      want: 'leases.coordination.k8s.io "n1" is forbidden: can only access leases in the "kube-node-lease" system namespace',
    },
    "a token without pod": {
      object: object("v1", "ServiceAccount", "a", { spec: {} }, inDefault),
      as: { ...kubelet, resource: { group: "", version: "v1", resource: "serviceaccounts" }, subResource: "token" },
      want: 'serviceaccounts "a" is forbidden: node requested token not bound to a pod',
    },
    "anybody else": { object: object("v1", "Node", "n2"), want: {} },
  },
};

for (const [plugin, table] of Object.entries(cases))
  for (const [what, each] of Object.entries(table))
    test(`${plugin}: ${what}`, async () => {
      assert.deepEqual(await run(plugin, each), each.want);
    });

test("NamespaceAutoProvision creates the namespace once, and none in a dry run", async () => {
  const created: (string | undefined)[] = [];
  const effects = { create: async ({ metadata }: KubeObject) => void created.push(metadata.name) };
  await run("NamespaceAutoProvision", { object: pod(), effects, want: {} });
  await run("NamespaceAutoProvision", { object: pod(), effects, world: [namespace("default")], want: {} });
  await run("NamespaceAutoProvision", { object: pod(), effects, as: { dryRun: true }, want: {} });
  assert.deepEqual(created, ["default"]);
});

test("EventRateLimit lets tokens come back, and forgets the key that was not used for longest", async () => {
  let now = 0;
  const plugins = only("EventRateLimit", {
    eventRateLimit: [{ type: "SourceAndObject", qps: 2, burst: 1, cacheSize: 2 }],
  });
  const send = async (host: string) =>
    (await admit(requestFor(event(host)), snapshotOf([]), { ...testEffects, now: () => now }, { plugins })).allowed;
  assert.deepEqual([await send("a"), await send("a")], [true, false]);
  now = 500;
  assert.deepEqual([await send("a"), await send("a")], [true, false]);
  assert.deepEqual([await send("b"), await send("c"), await send("a")], [true, true, true]);
});

/** `DenyServiceExternalIPs` as its file is named. */
function fileOf(name: string): string {
  const words = name.replace("IPs", "Ips").replace(/\B[A-Z]/g, (letter) => `-${letter}`);
  return `${words.toLowerCase()}.ts`;
}

test("each plugin has a file of its own, whose comment right above it says what it does, and by which source", () => {
  for (const { name, create } of pluginEntries) {
    const text = readFileSync(new URL(fileOf(name), import.meta.url), "utf8");
    const comments = [...text.matchAll(/\/\*\*(?<said>(?:(?!\*\/).)*)\*\/\nexport (?:const|function) /gs)];
    const own = comments.map(({ groups }) => (groups?.["said"] ?? "").replace(/\s+\*?\s*/g, " ").trim());
    assert.equal(create().name, name);
    assert.equal(
      own.filter((said) => said.startsWith(`${name}: `)).length,
      1,
      `${fileOf(name)}: says not what ${name} does`,
    );
    assert.match(
      own.find((said) => said.startsWith(`${name}: `)) ?? "",
      /https:\/\/|KEP-\d+/,
      `${fileOf(name)}: no source`,
    );
    // Another plugin's comment has another name before its colon.
    const others = pluginEntries.filter(
      (each) => each.name !== name && own.some((said) => said.startsWith(`${each.name}: `)),
    );
    assert.deepEqual(others, [], `${fileOf(name)} is of one plugin`);
  }
});

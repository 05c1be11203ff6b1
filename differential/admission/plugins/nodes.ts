import type { KubeObject } from "@sallyport/kube";
import { createRequest } from "../../../packages/apiserver/src/certificates/request.fixture.ts";
import type { Step } from "../../apiserver/scenario.ts";
import { as, create, object, type PluginCase, patch, pod, read, remove, send, space } from "./plugin-case.ts";

type Fields = { readonly [field: string]: unknown };

const node = (name: string, fields: Fields = {}) => object("v1", "Node", name, fields);
const me = "system:node:node1";
const mine = (step: Step) => as("node1", step);
const labelled = (labels: Fields) => ({ metadata: { labels } });

const taintCase: PluginCase = {
  name: "TaintNodesByCondition",
  parts: [
    [
      create(node("taint-plain")),
      create(node("taint-own", { spec: { taints: [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }] } })),
      create(
        node("taint-execute", { spec: { taints: [{ key: "node.kubernetes.io/not-ready", effect: "NoExecute" }] } }),
      ),
      create(
        node("taint-value", {
          spec: { taints: [{ key: "node.kubernetes.io/not-ready", value: "x", effect: "NoSchedule" }] },
        }),
      ),
      create(node("taint-other", { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } })),
      patch(node("taint-plain"), { spec: { taints: null } }),
    ],
  ],
};

const nodeCase: PluginCase = {
  name: "NodeRestriction: nodes",
  parts: [
    [
      mine(
        create(node("node1", labelled({ "kubernetes.io/hostname": "node1", "node-restriction.kubernetes.io/x": "y" }))),
      ),
      mine(create(node("node1", labelled({ "foo.k8s.io/x": "y", "kubernetes.io/os": "linux" })))),
      mine(
        create(
          node(
            "node1",
            labelled({
              "kubernetes.io/hostname": "node1",
              "kubelet.kubernetes.io/a": "b",
              "x.node.kubernetes.io/b": "c",
              "example.com/x": "y",
            }),
          ),
        ),
      ),
      mine(create(node("node2"))),
      create(node("node2")),
    ],
    [
      mine(patch(node("node2"), labelled({ a: "b" }))),
      mine(patch(node("node1"), labelled({ a: "b" }))),
      mine(patch(node("node1"), labelled({ "node-restriction.kubernetes.io/a": "b", "x.k8s.io/b": "c" }))),
      mine(patch(node("node1"), labelled({ "kubernetes.io/hostname": "other", "topology.kubernetes.io/zone": "z" }))),
      mine(patch(node("node1"), { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } })),
      mine(patch(node("node1"), { spec: { taints: null } })),
      mine(
        patch(node("node1"), {
          metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "node2", uid: "u" }] },
        }),
      ),
      mine(patch(node("node1"), { spec: { unschedulable: true } })),
      mine(patch(node("node1"), { status: { phase: "Running" } }, "status")),
      mine(
        patch(
          node("node1"),
          { metadata: { labels: { "node-restriction.kubernetes.io/s": "t" } }, status: { phase: "Pending" } },
          "status",
        ),
      ),
      mine(patch(node("node2"), { status: { phase: "Running" } }, "status")),
      mine(remove(node("node2"))),
      mine(remove(node("node1"))),
      mine(create(node("node1"))),
      mine(create({ ...node("x"), metadata: { generateName: "node1" } } as KubeObject)),
    ],
  ],
};

const owned = (owner: Fields = {}) => ({
  annotations: { "kubernetes.io/config.mirror": "x" },
  ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "node1", uid: "(uid)", controller: true, ...owner }],
});
const mirror = (name: string, more: Fields = {}, owner: Fields = {}) =>
  pod("restricted", name, { nodeName: "node1", metadata: owned(owner), ...more });

const podCase: PluginCase = {
  name: "NodeRestriction: pods",
  parts: [
    [
      ...space("restricted"),
      create(object("v1", "Node", "node1-other")),
      create(pod("restricted", "mine", { nodeName: "node1" })),
      create(pod("restricted", "theirs", { nodeName: "node2" })),
      create(pod("restricted", "nobodys")),
    ],
    [
      mine(create(pod("restricted", "plain", { nodeName: "node1" }))),
      read(node("node1")),
      mine(create(mirror("mirror"))),
      read(node("node1")),
      mine(create(mirror("elsewhere", { nodeName: "node2" }))),
      read(node("node1")),
      mine(create(mirror("account", { serviceAccountName: "default" }))),
      read(node("node1")),
      mine(create(mirror("secret", { volumes: [{ name: "v", secret: { secretName: "s" } }] }))),
      read(node("node1")),
      mine(create(mirror("map", { volumes: [{ name: "v", configMap: { name: "c" } }] }))),
      read(node("node1")),
      mine(
        create(
          mirror("env", {
            container: { env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } }] },
          }),
        ),
      ),
      read(node("node1")),
      mine(create(mirror("claim", { volumes: [{ name: "v", persistentVolumeClaim: { claimName: "c" } }] }))),
      read(node("node1")),
      mine(
        create(
          mirror("token", {
            volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }],
          }),
        ),
      ),
      read(node("node1")),
      mine(
        create(
          mirror("trust", {
            volumes: [{ name: "v", projected: { sources: [{ clusterTrustBundle: { name: "b", path: "p" } }] } }],
          }),
        ),
      ),
      read(node("node1")),
      mine(create(mirror("csi", { volumes: [{ name: "v", csi: { driver: "d.example.com" } }] }))),
      read(node("node1")),
      mine(
        create(
          mirror("ephemeral", {
            volumes: [
              {
                name: "v",
                ephemeral: {
                  volumeClaimTemplate: {
                    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
                  },
                },
              },
            ],
          }),
        ),
      ),
      read(node("node1")),
      mine(create(mirror("resource-claim", { resourceClaims: [{ name: "c", resourceClaimName: "x" }] }))),
      read(node("node1")),
      mine(create(mirror("not-controller", {}, { controller: false }))),
      mine(create(mirror("blocking", {}, { blockOwnerDeletion: true }))),
      mine(create(mirror("other-owner", {}, { name: "node2" }))),
      mine(create(mirror("other-uid", {}, { uid: "other" }))),
      mine(
        create(
          pod("restricted", "no-owner", {
            nodeName: "node1",
            metadata: { annotations: { "kubernetes.io/config.mirror": "x" } },
          }),
        ),
      ),
      mine(patch(pod("restricted", "mine"), { metadata: { labels: { a: "b" } } })),
      mine(patch(pod("restricted", "mine"), { status: { phase: "Running" } }, "status")),
      mine(patch(pod("restricted", "theirs"), { status: { phase: "Running" } }, "status")),
      mine(
        patch(pod("restricted", "mine"), { metadata: { labels: { a: "c" } }, status: { phase: "Running" } }, "status"),
      ),
      mine(
        send(pod("restricted", "theirs"), "eviction", {
          apiVersion: "policy/v1",
          kind: "Eviction",
          metadata: { name: "theirs" },
        }),
      ),
      mine(
        send(pod("restricted", "nobodys"), "binding", {
          apiVersion: "v1",
          kind: "Binding",
          metadata: { name: "nobodys" },
          target: { kind: "Node", name: "node1" },
        }),
      ),
      {
        ...mine(
          patch(
            pod("restricted", "mine"),
            { spec: { ephemeralContainers: [{ name: "e", image: "x" }] } },
            "ephemeralcontainers",
          ),
        ),
        type: "application/strategic-merge-patch+json",
      },
      mine(remove(pod("restricted", "theirs"))),
      mine(remove(pod("restricted", "mirror"))),
      mine(
        send(pod("restricted", "mine"), "eviction", {
          apiVersion: "policy/v1",
          kind: "Eviction",
          metadata: { name: "mine" },
        }),
      ),
      mine(remove(pod("restricted", "mine"))),
      mine(remove(pod("restricted", "absent"))),
    ],
  ],
};

const lease = (name: string, namespace = "kube-node-lease") =>
  object("coordination.k8s.io/v1", "Lease", name, { spec: {} }, namespace);
const csiNode = (name: string) => object("storage.k8s.io/v1", "CSINode", name, { spec: { drivers: [] } });
const claim = (fields: Fields = {}) =>
  object(
    "v1",
    "PersistentVolumeClaim",
    "c",
    {
      spec: { accessModes: ["ReadWriteOnce"], storageClassName: "", resources: { requests: { storage: "1Gi" } } },
      ...fields,
    },
    "restricted-more",
  );
const account = (name = "default") => object("v1", "ServiceAccount", name, {}, "restricted-more");
const slice = (name: string, nodeName: string) =>
  object("resource.k8s.io/v1", "ResourceSlice", name, {
    spec: { driver: "d.example.com", nodeName, pool: { name: "p", generation: 1, resourceSliceCount: 1 }, devices: [] },
  });
const token = (spec: Fields) =>
  send(account(), "token", { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec });

const otherCase: PluginCase = {
  name: "NodeRestriction: others",
  parts: [
    [
      ...space("kube-node-lease"),
      ...space("restricted-more"),
      create(
        pod("restricted-more", "here", {
          nodeName: "node1",
          volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: { path: "t", audience: "vault" } }] } }],
        }),
      ),
      create(pod("restricted-more", "there", { nodeName: "node2" })),
      create(claim()),
    ],
    [
      mine(create(lease("node1"))),
      mine(create(lease("node2"))),
      mine(create(lease("node1", "restricted-more"))),
      mine(patch(lease("node1"), { spec: { holderIdentity: "x" } })),
      mine(remove(lease("node2"))),
      mine(remove(lease("node1"))),
      mine(create(csiNode("node1"))),
      mine(create(csiNode("node2"))),
      mine(remove(csiNode("node2"))),
      mine(create(slice("s1", "node1"))),
      mine(create(slice("s2", "node2"))),
      create(slice("s3", "node2")),
      mine(remove(slice("s3", "node2"))),
      mine(remove(slice("s1", "node1"))),
      mine(patch(claim(), { metadata: { labels: { a: "b" } } })),
      mine(patch(claim(), { status: { phase: "Bound" } }, "status")),
      mine(patch(claim(), { status: { capacity: { storage: "1Gi" } } }, "status")),
      mine(remove(claim())),
      mine(token({})),
      mine(token({ boundObjectRef: { apiVersion: "v1", kind: "Secret", name: "s" } })),
      mine(token({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "here" } })),
      mine(token({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "here", uid: "wrong" } })),
      mine(token({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "absent", uid: "wrong" } })),
      read(pod("restricted-more", "there")),
      mine(token({ boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "there", uid: "(uid)" } })),
      read(pod("restricted-more", "here")),
      mine(
        token({ audiences: ["nobody"], boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "here", uid: "(uid)" } }),
      ),
      read(pod("restricted-more", "here")),
      mine(
        token({ audiences: ["a", "b"], boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "here", uid: "(uid)" } }),
      ),
      mine(create(object("v1", "ServiceAccount", "mine", {}, "restricted-more"))),
      mine(create(object("v1", "ConfigMap", "mine", {}, "restricted-more"))),
      as("node2", create(object("v1", "ConfigMap", "theirs", {}, "restricted-more"))),
    ],
  ],
};

async function certificateCases(): Promise<readonly PluginCase[]> {
  const request = async (name: string, signerName: string, subject: string, more: Fields = {}) =>
    object("certificates.k8s.io/v1", "CertificateSigningRequest", name, {
      spec: { request: await createRequest(subject, []), signerName, usages: ["client auth"], ...more },
    });
  const client = "kubernetes.io/kube-apiserver-client";
  const kubelet = `${client}-kubelet`;
  const plain = await request("plain", "example.com/a", "CN=jane");
  const other = await request("other", "example.com/b", "CN=jane");
  const whole = await request("whole", "example.org/x", "CN=jane");
  const approval = (type = "Approved") => ({
    status: { conditions: [{ type, status: "True", reason: "r", message: "m" }] },
  });
  const issued = { status: { certificate: Buffer.from("nonsense").toString("base64") } };
  return [
    {
      name: "CertificateSubjectRestriction, NodeRestriction: requests",
      parts: [
        [
          create(await request("masters", client, "CN=jane, O=system:masters")),
          create(await request("devs", client, "CN=jane, O=devs")),
          create(await request("two", client, "CN=jane, O=devs, O=system:masters")),
          create(await request("masters-elsewhere", "example.com/a", "CN=jane, O=system:masters")),
          create(await request("masters-kubelet", kubelet, "CN=jane, O=system:masters")),
          mine(
            create(
              await request("own", kubelet, `CN=${me}, O=system:nodes`, {
                usages: ["client auth", "digital signature"],
              }),
            ),
          ),
          mine(create(await request("others", kubelet, "CN=system:node:node2, O=system:nodes"))),
          mine(
            create(await request("serving", "kubernetes.io/kubelet-serving", "CN=system:node:node2, O=system:nodes")),
          ),
          mine(create(await request("anything", "example.com/a", "CN=anybody"))),
        ],
      ],
    },
    {
      name: "CertificateApproval, CertificateSigning",
      parts: [
        [create(plain), create(other), create(whole)],
        [
          as("clerk", patch(plain, approval(), "approval")),
          as("smith", patch(other, approval(), "approval")),
          as("smith", patch(plain, approval(), "approval")),
          as("smith", patch(whole, approval("Denied"), "approval")),
          as("clerk", patch(plain, issued, "status")),
          as("clerk", patch(plain, { metadata: { labels: { a: "b" } } }, "status")),
          as("clerk", patch(other, { status: { conditions: [{ type: "Failed", status: "True" }] } }, "status")),
          as("smith", patch(other, { status: { conditions: [{ type: "Failed", status: "True" }] } }, "status")),
          as("smith", patch(plain, issued, "status")),
          as("smith", patch(plain, { status: { conditions: [{ type: "Failed", status: "True" }] } }, "status")),
          as("clerk", patch(plain, { metadata: { labels: { c: "d" } } })),
          as("clerk", patch(plain, { spec: { signerName: "x.com/y" } })),
        ],
      ],
    },
  ];
}

const big = (cpu: string, memory: string) => ({ status: { allocatable: { cpu, memory }, capacity: { cpu, memory } } });
const resized = (name: string, requests: Fields) => ({
  ...patch(pod("resize", name), { spec: { containers: [{ name: "main", resources: { requests } }] } }, "resize"),
  type: "application/strategic-merge-patch+json",
});

const resizeCase: PluginCase = {
  name: "PodResizeValidator, NodeDeclaredFeatureValidator",
  parts: [
    [
      ...space("resize"),
      create(node("resize-linux", { metadata: { labels: { "kubernetes.io/os": "linux" } }, ...big("2", "1Gi") })),
      create(node("resize-windows", { metadata: { labels: { "kubernetes.io/os": "windows" } }, ...big("2", "1Gi") })),
      create(
        node("resize-declaring", {
          ...big("8", "8Gi"),
          status: { ...big("8", "8Gi").status, declaredFeatures: ["InPlacePodLevelResourcesVerticalScaling"] },
        }),
      ),
      ...["linux", "windows", "declaring", "absent"].map((name) =>
        create(
          pod("resize", name, { nodeName: `resize-${name}`, container: { resources: { requests: { cpu: "1" } } } }),
        ),
      ),
      create(pod("resize", "nowhere", { container: { resources: { requests: { cpu: "1" } } } })),
      create(pod("resize", "level", { nodeName: "resize-linux", resources: { requests: { cpu: "1" } } })),
      create(pod("resize", "level-declaring", { nodeName: "resize-declaring", resources: { requests: { cpu: "1" } } })),
      create(
        pod("resize", "init", {
          nodeName: "resize-linux",
          container: { resources: { requests: { cpu: "1" } } },
          initContainers: [{ name: "i", image: "x", resources: { requests: { cpu: "1" } } }],
        }),
      ),
    ],
    [
      resized("linux", { cpu: "3" }),
      resized("linux", { cpu: "2" }),
      resized("linux", { cpu: "2", memory: "2Gi" }),
      resized("linux", { cpu: "2500m", memory: "2Gi" }),
      resized("windows", { cpu: "2" }),
      resized("windows", { cpu: "1" }),
      resized("absent", { cpu: "2" }),
      resized("nowhere", { cpu: "100" }),
      patch(pod("resize", "level"), { spec: { resources: { requests: { cpu: "2" } } } }, "resize"),
      patch(pod("resize", "level-declaring"), { spec: { resources: { requests: { cpu: "2" } } } }, "resize"),
      {
        ...patch(
          pod("resize", "init"),
          { spec: { initContainers: [{ name: "i", resources: { requests: { cpu: "2" } } }] } },
          "resize",
        ),
        type: "application/strategic-merge-patch+json",
      },
      patch(pod("resize", "linux"), { metadata: { labels: { a: "b" } } }),
    ],
  ],
};

export async function nodeCases(): Promise<readonly PluginCase[]> {
  return [taintCase, nodeCase, podCase, otherCase, ...(await certificateCases()), resizeCase];
}

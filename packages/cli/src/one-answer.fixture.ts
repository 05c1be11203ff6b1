import type { PolicySource } from "@sallyport/admission";
import type { KubeObject } from "@sallyport/kube";

/** What the same answer is asked of, whichever way: a policy that refuses, warns and changes. */
export const policy: PolicySource = {
  name: "p.rego",
  file: "p.rego",
  text: `package kubernetes.admission
import rego.v1
containers contains c if some c in input.request.object.spec.containers
deny contains sprintf("image %v comes from evil", [c.image]) if {
  some c in containers
  startswith(c.image, "evil/")
}
warn contains sprintf("image %v has no tag", [c.image]) if {
  some c in containers
  not contains(c.image, ":")
}
patch contains {"op": "add", "path": "/metadata/labels", "value": {"checked": "yes"}} if {
  input.request.kind.kind == "Pod"
  not input.request.object.metadata.labels
}
`,
};

/** Namespaces of the samples: one open, one with Pod Security. */
export const spaces: readonly KubeObject[] = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "open" } },
  {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: "strict",
      labels: { "pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted" },
    },
  },
];

type Fields = { readonly [field: string]: unknown };

/** A pod of one good container. */
export const pod = (name: string, namespace: string, spec: Fields = {}, metadata: Fields = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace, ...metadata },
  spec: { containers: [{ name: "a", image: "good:1" }], ...spec },
});
const safe = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [
    {
      name: "a",
      image: "good:1",
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    },
  ],
};
/** The part of a pod's spec that says its image. */
export const image = (name: string) => ({ containers: [{ name: "a", image: name }] });

/** Objects to ask about: some of them are refused. */
export const samples: readonly KubeObject[] = [
  pod("good", "open"),
  pod("labelled", "open", {}, { labels: { a: "b" } }),
  pod("evil", "open", image("evil/x:1")),
  pod("untagged", "open", image("good")),
  pod("host", "open", { hostNetwork: true, hostPID: true }),
  pod("unsafe", "strict"),
  pod("host-and-evil", "strict", { hostNetwork: true, ...image("evil/x") }),
  pod("safe", "strict", safe),
  pod("no-class", "open", { priorityClassName: "absent" }),
  pod("no-runtime", "open", { runtimeClassName: "absent" }),
  {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "unsafe", namespace: "strict" },
    spec: {
      selector: { matchLabels: { a: "b" } },
      template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "a", image: "good:1" }] } },
    },
  },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "open" }, data: { a: "b" } },
];

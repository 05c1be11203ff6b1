import type { Chapter, Command } from "./chapter.ts";

const statusPath = "jsonpath={.metadata.annotations.openpolicyagent\\.org/kube-mgmt-status}";

function policyStatus(name: string, expect: RegExp): Command {
  return { kubectl: ["-n", "opa", "get", "configmap", name, "-o", statusPath], expect: [expect], eventually: true };
}

/** Mission rows 2, 4 and 6: the admission chain, Pod Security, and Rego policies from ConfigMaps. */
export const gate: Chapter = {
  name: "gate",
  title: "the gate: nothing passes until it was checked",
  folder: "gate",
  cleanUp: [
    ["delete", "namespace", "shop", "opa", "bank", "--ignore-not-found", "--wait=true"],
    ["-n", "default", "delete", "ingress", "copycat", "--ignore-not-found"],
  ],
  scenes: [
    {
      title: "A Kubernetes API, with nothing behind it",
      before:
        "This is an ordinary kubectl. It talks over TLS, with a client certificate, to an API server in this very process: no cluster, no container runtime.",
      commands: [
        { kubectl: ["create", "namespace", "shop"], expect: [/namespace\/shop created/] },
        { kubectl: ["get", "ns"], expect: [/default\s+Active/, /kube-system\s+Active/, /shop\s+Active/] },
        { kubectl: ["get", "pods", "-A"], expect: [/No resources found|NAMESPACE/] },
      ],
      after: "Namespaces come with their lifecycle, and everything is on disk before kubectl hears of it.",
    },
    {
      title: "A policy, loaded from a ConfigMap",
      before:
        "Policies are Rego, as OPA reads it. A ConfigMap in the namespace opa whose keys end in .rego is a policy; this one allows images only from two registries.",
      commands: [
        { kubectl: ["create", "namespace", "opa"], expect: [/created/] },
        {
          kubectl: ["-n", "opa", "create", "configmap", "untrusted-registry", "--from-file=untrusted-registry.rego"],
          expect: [/configmap\/untrusted-registry created/],
        },
        policyStatus("untrusted-registry", /\{"status":"ok"\}/),
      ],
      after: "The annotation says that the policy compiled and is in force. From the next request on it counts.",
    },
    {
      title: "What it refuses, and why",
      before: "First an image from a registry that nobody vouched for, then one from our own.",
      commands: [
        {
          kubectl: ["-n", "shop", "run", "miner", "--image=docker.io/evil/miner"],
          outcome: "refused",
          expect: [
            /untrusted registry/,
            /opa\/untrusted-registry\/untrusted-registry\.rego:\d+/,
            /spec\.containers\[0\]\.image/,
          ],
        },
        {
          kubectl: ["-n", "shop", "run", "till", "--image=registry.example.com/shop/till:1.4"],
          expect: [/pod\/till created/],
        },
      ],
      after: "The refusal names the policy, the line of the rule that fired, and the field that it objects to.",
    },
    {
      title: "A broken policy changes nothing",
      before:
        "Now somebody saves a policy with a typing error in it. Half a policy would be worse than none, and none would be worse than the old one.",
      commands: [
        { kubectl: ["-n", "opa", "replace", "-f", "broken-policy.yaml"], expect: [/replaced/] },
        policyStatus("untrusted-registry", /untrusted-registry\.rego:\d+.*prefx/),
        {
          kubectl: ["-n", "shop", "run", "miner", "--image=docker.io/evil/miner"],
          outcome: "refused",
          expect: [/untrusted registry/],
        },
      ],
      after: "The annotation says what is wrong and where; the last good policy stays in force.",
    },
    {
      title: "A policy that looks at other objects",
      before:
        "Two teams want the same host name. The policy reads data.kubernetes.ingresses, which always shows what the API server holds.",
      commands: [
        {
          kubectl: ["-n", "opa", "create", "configmap", "ingress-conflict", "--from-file=ingress-conflict.rego"],
          expect: [/created/],
        },
        { kubectl: ["apply", "-f", "ingress-shop.yaml"], expect: [/ingress\.networking\.k8s\.io\/shop created/] },
        {
          kubectl: ["apply", "-f", "ingress-copycat.yaml"],
          outcome: "refused",
          expect: [/ingress host "shop\.example\.com" is already taken by shop\/shop/],
        },
      ],
      after: "The first Ingress was seen by the very next request: there is no window in which both pass.",
    },
    {
      title: "A policy that changes what it admits",
      before:
        "Policies may also answer JSON patches. This one gives every pod in the namespace shop an owner and a safer default.",
      commands: [
        { kubectl: ["-n", "opa", "create", "configmap", "defaults", "--from-file=defaults.rego"], expect: [/created/] },
        {
          kubectl: ["-n", "shop", "run", "cart", "--image=registry.example.com/shop/cart:2.0"],
          expect: [/pod\/cart created/],
        },
        {
          kubectl: ["-n", "shop", "get", "pod", "cart", "-o", "yaml"],
          expect: [/owner: team-shop/, /allowPrivilegeEscalation: false/],
        },
      ],
      after: "Mutation comes first, then every check sees the mutated pod, in kube-apiserver's order.",
    },
    {
      title: "Pod Security admission",
      before: "The namespace bank enforces the restricted Pod Security Standard; shop only warns about it.",
      commands: [
        { kubectl: ["create", "namespace", "bank"], expect: [/created/] },
        {
          kubectl: ["label", "namespace", "bank", "pod-security.kubernetes.io/enforce=restricted"],
          expect: [/namespace\/bank labeled/],
        },
        {
          kubectl: ["-n", "bank", "apply", "-f", "privileged.yaml"],
          outcome: "refused",
          expect: [
            /pods "privileged" is forbidden: violates PodSecurity "restricted:latest": privileged/,
            /allowPrivilegeEscalation != false/,
          ],
        },
        {
          kubectl: ["label", "namespace", "shop", "pod-security.kubernetes.io/warn=restricted", "--overwrite"],
          expect: [/labeled/],
        },
        {
          kubectl: ["-n", "shop", "apply", "-f", "privileged.yaml"],
          expect: [/Warning: would violate PodSecurity "restricted:latest"/, /pod\/privileged created/],
        },
      ],
      after: "The words are kube-apiserver's own, since the checks are: all of them, in all versions from v1.0 on.",
    },
    {
      title: "The lifecycle of namespaces",
      before: "Some things no cluster lets you do.",
      commands: [
        {
          kubectl: ["-n", "nowhere", "run", "lost", "--image=registry.k8s.io/pause:3.10"],
          outcome: "refused",
          expect: [/namespaces "nowhere" not found/],
        },
        {
          kubectl: ["delete", "namespace", "kube-system"],
          outcome: "refused",
          expect: [/this namespace may not be deleted/],
        },
      ],
      after: "That was the plugin NamespaceLifecycle. `sallyport plugins` lists the whole chain in its order.",
    },
  ],
};

import type { Step } from "../../apiserver/scenario.ts";
import type { Behaviour } from "../../webhooks/behaviours.ts";
import { create, object } from "./plugin-case.ts";

/** Plugins beside the default ones. */
export const enabled: readonly string[] = [
  "AlwaysPullImages",
  "DenyServiceExternalIPs",
  "EventRateLimit",
  "ExtendedResourceToleration",
  "ImagePolicyWebhook",
  "LimitPodHardAntiAffinityTopology",
  "NamespaceExists",
  "NodeRestriction",
  "OwnerReferencesPermissionEnforcement",
  "PodNodeSelector",
  "PodTolerationRestriction",
];

/** For those that take a configuration. */
export function admissionConfiguration(imagePolicyKubeconfig: string): object {
  const plugins = {
    EventRateLimit: {
      apiVersion: "eventratelimit.admission.k8s.io/v1alpha1",
      kind: "Configuration",
      limits: [
        { type: "Namespace", qps: 1, burst: 6 },
        { type: "User", qps: 1, burst: 9 },
        { type: "SourceAndObject", qps: 1, burst: 3, cacheSize: 2 },
      ],
    },
    PodNodeSelector: {
      podNodeSelectorPluginConfig: {
        clusterDefaultNodeSelector: "",
        "selector-listed": "env=prod,zone=a",
        "selector-both": "env=prod",
      },
    },
    PodTolerationRestriction: {
      apiVersion: "podtolerationrestriction.admission.k8s.io/v1alpha1",
      kind: "Configuration",
      default: [{ key: "cluster", operator: "Exists", effect: "NoSchedule" }],
    },
    ImagePolicyWebhook: {
      imagePolicy: {
        kubeConfigFile: imagePolicyKubeconfig,
        allowTTL: 50,
        denyTTL: 50,
        retryBackoff: 1,
        defaultAllow: false,
      },
    },
    ResourceQuota: {
      apiVersion: "apiserver.config.k8s.io/v1",
      kind: "ResourceQuotaConfiguration",
      limitedResources: [
        { resource: "pods", matchScopes: [{ scopeName: "PriorityClass", operator: "In", values: ["dear"] }] },
        { resource: "persistentvolumeclaims", matchContains: ["gold.storageclass.storage.k8s.io/requests.storage"] },
      ],
    },
    PodSecurity: {
      apiVersion: "pod-security.admission.config.k8s.io/v1",
      kind: "PodSecurityConfiguration",
      defaults: { enforce: "privileged", "enforce-version": "latest" },
      exemptions: {
        usernames: ["clerk"],
        namespaces: ["security-exempt", "security-exempt-new"],
        runtimeClasses: ["exempt"],
      },
    },
  };
  return {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AdmissionConfiguration",
    plugins: Object.entries(plugins).map(([name, configuration]) => ({ name, configuration })),
  };
}

/** What the users of the cases may, beside the administrator. */
export const rights: readonly Step[] = [
  create(
    object("rbac.authorization.k8s.io/v1", "ClusterRole", "clerk", {
      rules: [
        { apiGroups: ["", "apps"], resources: ["*"], verbs: ["get", "list", "create", "update", "patch"] },
        {
          apiGroups: ["certificates.k8s.io"],
          resources: [
            "certificatesigningrequests",
            "certificatesigningrequests/approval",
            "certificatesigningrequests/status",
            "clustertrustbundles",
          ],
          verbs: ["*"],
        },
      ],
    }),
  ),
  create(
    object("rbac.authorization.k8s.io/v1", "ClusterRole", "smith", {
      rules: [
        {
          apiGroups: ["certificates.k8s.io"],
          resources: ["signers"],
          resourceNames: ["example.com/a"],
          verbs: ["approve", "sign"],
        },
        {
          apiGroups: ["certificates.k8s.io"],
          resources: ["signers"],
          resourceNames: ["example.org/*"],
          verbs: ["approve", "sign", "attest"],
        },
        { apiGroups: ["", "apps"], resources: ["*"], verbs: ["delete"] },
        { apiGroups: ["apps"], resources: ["replicasets/finalizers"], verbs: ["update"] },
      ],
    }),
  ),
  ...(
    [
      ["clerk", "Group", "staff", "clerk"],
      ["smith", "User", "smith", "smith"],
      ["nodes", "Group", "system:nodes", "cluster-admin"],
    ] as const
  ).map(([name, kind, subject, role]) =>
    create(
      object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", name, {
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind, name: subject }],
      }),
    ),
  ),
];

/** What the backend of ImagePolicyWebhook says, by the images' names. */
export const imagePolicy: Behaviour = ({ review, response }) => {
  const { containers = [], annotations = {}, namespace } = review.spec;
  const names: string = containers.map(({ image }: { readonly image: string }) => image).join(" ");
  if (names.includes("broken")) {
    response.writeHead(500).end("broken");
    return;
  }
  if (names.includes("garbage")) {
    response.writeHead(200, { "content-type": "application/json" }).end("{");
    return;
  }
  const status = names.includes("bad")
    ? { allowed: false, reason: `no ${names} in ${namespace}` }
    : names.includes("silent")
      ? { allowed: false }
      : names.includes("echo")
        ? { allowed: false, reason: JSON.stringify(annotations) }
        : { allowed: true };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ ...review, status }));
};

import type { Chapter } from "./chapter.ts";

/** The chain of admission plugins: what kube-apiserver's own ones do to ordinary objects, and a policy in CEL beside them. */
export const admission: Chapter = {
  name: "admission",
  title: "admission controllers: mutate first, then validate",
  folder: "admission",
  cleanUp: [
    ["delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", "no-latest", "--ignore-not-found"],
    ["delete", "storageclass", "vault", "--ignore-not-found"],
    ["delete", "namespace", "mint", "--ignore-not-found", "--wait=true"],
  ],
  scenes: [
    {
      title: "The chain",
      before:
        "After a request is authenticated and authorized, it goes through kube-apiserver's plugins in kube-apiserver's order: those that mutate first, then the object is validated, then those that validate.",
      commands: [
        {
          sallyport: ["plugins"],
          expect: [
            /3 +on +NamespaceLifecycle +mutating/,
            /off +NamespaceExists +validating +deprecated: NamespaceLifecycle replaces it/,
            /on +ValidatingAdmissionWebhook +validating/,
          ],
        },
      ],
      after: "What is on is on by default, as `kube-apiserver -h` says. --enable-admission-plugins adds others.",
    },
    {
      title: "What mutating plugins do to a plain pod",
      before:
        "Nobody writes a service account, a token's volume, a priority or tolerations into a pod; it has them all the same.",
      commands: [
        { kubectl: ["create", "namespace", "mint"], expect: [/created/] },
        {
          kubectl: ["-n", "mint", "run", "press", "--image=registry.k8s.io/pause:3.10"],
          expect: [/pod\/press created/],
        },
        {
          kubectl: ["-n", "mint", "get", "pod", "press", "-o", "yaml"],
          expect: [
            /serviceAccountName: default/,
            /mountPath: \/var\/run\/secrets\/kubernetes\.io\/serviceaccount/,
            /priority: 0/,
            /key: node\.kubernetes\.io\/not-ready/,
          ],
        },
      ],
      after: "ServiceAccount, Priority and DefaultTolerationSeconds were here.",
    },
    {
      title: "Defaults and limits of a namespace",
      before: "A LimitRange gives containers resources that ask for none, and refuses those that ask for too much.",
      commands: [
        { kubectl: ["apply", "-f", "limits.yaml"], expect: [/limitrange\/per-container created/] },
        { kubectl: ["-n", "mint", "run", "scales", "--image=registry.k8s.io/pause:3.10"], expect: [/created/] },
        {
          kubectl: ["-n", "mint", "get", "pod", "scales", "-o", "jsonpath={.spec.containers[0].resources}"],
          expect: [/"limits":\{"cpu":"200m","memory":"128Mi"\}/, /"requests":\{"cpu":"100m","memory":"64Mi"\}/],
        },
        {
          kubectl: ["apply", "-f", "greedy.yaml"],
          outcome: "refused",
          expect: [/pods "greedy" is forbidden: maximum cpu usage per Container is 500m, but limit is 2/],
        },
      ],
      after: "LimitRanger does both: it mutates in the first phase and validates in the second.",
    },
    {
      title: "A quota",
      before: "Two pods are there. A quota counts what a namespace uses, also when many requests come at once.",
      commands: [
        {
          kubectl: ["-n", "mint", "create", "quota", "pods", "--hard=pods=2"],
          expect: [/resourcequota\/pods created/],
        },
        {
          kubectl: ["-n", "mint", "get", "quota", "pods", "-o", "jsonpath={.status.used.pods}"],
          expect: [/^2$/],
          eventually: true,
        },
        {
          kubectl: ["-n", "mint", "run", "third", "--image=registry.k8s.io/pause:3.10"],
          outcome: "refused",
          expect: [/exceeded quota: pods, requested: pods=1, used: pods=2, limited: pods=2/],
        },
        { kubectl: ["-n", "mint", "delete", "quota", "pods"], expect: [/deleted/] },
      ],
      after: "ResourceQuota goes last, when nothing else can refuse: what it counts is then stored.",
    },
    {
      title: "A default storage class",
      before: "The claim names no class; the class says that it is the default.",
      commands: [
        {
          kubectl: ["apply", "-f", "storage.yaml"],
          expect: [/storageclass.*created/, /persistentvolumeclaim\/coins created/],
        },
        {
          kubectl: [
            "-n",
            "mint",
            "get",
            "pvc",
            "coins",
            "-o",
            "jsonpath={.spec.storageClassName} {.metadata.finalizers}",
          ],
          expect: [/^vault /, /kubernetes\.io\/pvc-protection/],
        },
      ],
      after: "DefaultStorageClass set the class, StorageObjectInUseProtection the finalizer.",
    },
    {
      title: "A policy in CEL",
      before:
        "ValidatingAdmissionPolicies are part of the chain, too: expressions that must be true, bound to where they hold.",
      commands: [
        { kubectl: ["apply", "-f", "no-latest.yaml"], expect: [/validatingadmissionpolicy\S* created/] },
        {
          kubectl: ["-n", "mint", "run", "stray", "--image=registry.k8s.io/pause:latest"],
          outcome: "refused",
          expect: [
            /'no-latest' with binding 'no-latest' denied request: images need a tag that is not latest: registry\.k8s\.io\/pause:latest/,
          ],
        },
      ],
      after: "It costs no call to anybody: the expression was compiled when the policy was written.",
    },
    {
      title: "Without a server",
      before:
        "The same chain decides files. The old NamespaceExists is still there for who asks for it, and says what replaces it.",
      commands: [
        {
          sallyport: ["check", "limits.yaml", "greedy.yaml"],
          outcome: "refused",
          expect: [/Pod mint\/greedy +DENIED/, /maximum cpu usage per Container is 500m, but limit is 2/],
        },
        {
          sallyport: ["check", "--enable-admission-plugins", "NamespaceExists", "lone.yaml"],
          expect: [
            /NamespaceExists is deprecated: NamespaceLifecycle replaces it/,
            /assumed: namespace nowhere exists/,
          ],
        },
        {
          kubectl: ["apply", "-f", "lone.yaml"],
          outcome: "refused",
          expect: [/namespaces "nowhere" not found/],
        },
      ],
      after: "One chain in both places: what CI says is what the server says, but for what only the server knows.",
    },
  ],
};

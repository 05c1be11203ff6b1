import type { Chapter } from "./chapter.ts";

const label = "pod-security.kubernetes.io";

/** Pod Security's levels, and the way to them from PodSecurityPolicies. */
export const podsecurity: Chapter = {
  name: "podsecurity",
  title: "Pod Security: levels, and what came before them",
  folder: "podsecurity",
  cleanUp: [["delete", "namespace", "keep", "--ignore-not-found", "--wait=true"]],
  scenes: [
    {
      title: "Who is there already",
      before: "A namespace without labels takes every pod, also one that owns the node.",
      commands: [
        { kubectl: ["create", "namespace", "keep"], expect: [/created/] },
        { kubectl: ["apply", "-f", "debugger.yaml"], expect: [/pod\/debugger created/] },
        {
          kubectl: ["label", "namespace", "keep", `${label}/enforce=baseline`, "--dry-run=server"],
          expect: [
            /existing pods in namespace "keep" violate the new PodSecurity enforce level "baseline:latest"/,
            /debugger: host namespaces, privileged/,
            /labeled/,
          ],
        },
      ],
      after: "A dry run of the label says who would not come in any more. Nobody is thrown out.",
    },
    {
      title: "Enforce, warn, audit",
      before: "baseline refuses what gives the node away. A second label warns of what the next level would refuse.",
      commands: [
        {
          kubectl: ["label", "namespace", "keep", `${label}/enforce=baseline`, `${label}/warn=restricted`],
          expect: [/labeled/],
        },
        { kubectl: ["delete", "pod", "debugger", "-n", "keep", "--wait=true"], expect: [/deleted/] },
        {
          kubectl: ["apply", "-f", "debugger.yaml"],
          outcome: "refused",
          expect: [
            /violates PodSecurity "baseline:latest": host namespaces \(hostPID=true\), privileged \(container "main" must not set securityContext\.privileged=true\)/,
          ],
        },
        {
          kubectl: ["-n", "keep", "create", "deployment", "guard", "--image=registry.k8s.io/pause:3.10"],
          expect: [
            /Warning: would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false/,
            /created/,
          ],
        },
      ],
      after: "Controllers are warned of, never refused: their pods are.",
    },
    {
      title: "restricted, and a pod that fits",
      before: "The strictest level asks for four things that few images need to be without.",
      commands: [
        {
          kubectl: ["label", "namespace", "keep", `${label}/enforce=restricted`, "--overwrite"],
          expect: [/labeled/],
        },
        {
          kubectl: ["-n", "keep", "run", "plain", "--image=registry.k8s.io/pause:3.10"],
          outcome: "refused",
          expect: [
            /allowPrivilegeEscalation != false/,
            /unrestricted capabilities/,
            /runAsNonRoot != true/,
            /seccompProfile/,
          ],
        },
        { kubectl: ["apply", "-f", "safe.yaml"], expect: [/pod\/safe created/] },
        {
          kubectl: [
            "-n",
            "keep",
            "run",
            "old",
            "--image=registry.k8s.io/pause:3.10",
            "--dry-run=server",
            "--labels=a=b",
          ],
          outcome: "refused",
          expect: [/restricted:latest/],
        },
        {
          kubectl: ["label", "namespace", "keep", `${label}/enforce=sealed`, "--overwrite"],
          outcome: "refused",
          expect: [/must be one of privileged, baseline, restricted/],
        },
      ],
      after: "All checks in all versions since v1.0, in kube-apiserver's words; enforce-version pins one.",
    },
    {
      title: "PodSecurityPolicy, as of Kubernetes 1.24",
      before:
        "Before the levels there were policies that pods had to be allowed to `use`, and that set what pods left out. The plugin is there for who still has them.",
      commands: [
        {
          sallyport: ["check", "--enable-admission-plugins", "PodSecurityPolicy", "old-cluster.yaml"],
          expect: [
            /PodSecurityPolicy is deprecated since v1\.21, gone since v1\.25: PodSecurity replaces it/,
            /5 allowed/,
          ],
        },
      ],
      after: "Deployments are admitted: it is their pods that need a policy.",
    },
    {
      title: "Moving over, with a proof",
      before:
        "Per namespace, the strictest level that admits what the policies admitted; what they set on pods becomes a MutatingAdmissionPolicy; and each workload's pod goes through the chain before and after.",
      commands: [
        {
          sallyport: ["migrate", "psp", "old-cluster.yaml"],
          expect: [
            /Namespace shop: restricted/,
            /Deployment\/till +admitted by careful; now admitted, equal/,
            /DaemonSet\/spy +the policies refuse it already/,
            /instead of it: MutatingAdmissionPolicy\/psp-careful/,
            /1 of 1 admitted workloads proven to be admitted alike/,
          ],
        },
        {
          sallyport: ["migrate", "psp", "--as", "none", "old-cluster.yaml"],
          outcome: "refused",
          expect: [/Deployment\/till +admitted by careful; now REFUSED/],
        },
      ],
      after:
        "Without the mutations the level alone would have refused what ran before: that is what such a move forgets.",
    },
  ],
};

import type { Chapter } from "./chapter.ts";

/** Security contexts: what a pod says, what holds in each container, and what the kernel makes of it. */
export const securityContext: Chapter = {
  name: "securitycontext",
  title: "security contexts: what holds in a container",
  folder: "securitycontext",
  cleanUp: [["delete", "namespace", "tower", "--ignore-not-found", "--wait=true"]],
  scenes: [
    {
      title: "The pod's word, and the container's",
      before:
        "What the pod says holds for every container; what a container says overrides it, field by field. This Deployment says some things twice.",
      commands: [
        {
          sallyport: ["securitycontext", "web.yaml"],
          expect: [
            /container app\n +runAsUser +1000 +spec\.template\.spec\.securityContext\.runAsUser/,
            /container proxy\n +runAsUser +101 +spec\.template\.spec\.containers\[1\]\.securityContext\.runAsUser/,
            /added capabilities reach only programs whose files have them: the user is not root/,
            /baseline refuses it\n +non-default capabilities \(container "proxy" must not include "NET_ADMIN"/,
          ],
        },
        {
          sallyport: ["securitycontext", "--all", "mended.yaml"],
          expect: [
            /procMount +not set: Default/,
            /effective capabilities 0000000000000000: none/,
            /NoNewPrivs 1/,
            /restricted admits it/,
          ],
        },
      ],
      after: "The masks are those of /proc/self/status; fields that nobody sets say what holds then.",
    },
    {
      title: "The same, at the gate",
      before: "The namespace enforces restricted: what was told offline is what the server says.",
      commands: [
        { kubectl: ["create", "namespace", "tower"], expect: [/created/] },
        {
          kubectl: ["label", "namespace", "tower", "pod-security.kubernetes.io/enforce=restricted"],
          expect: [/labeled/],
        },
        {
          kubectl: ["apply", "-f", "web.yaml"],
          expect: [/Warning: would violate PodSecurity "restricted:latest".*container "proxy"/, /created/],
        },
        { kubectl: ["apply", "-f", "mended.yaml"], expect: [/pod\/web created/] },
        {
          kubectl: ["-n", "tower", "get", "pod", "web", "-o", "jsonpath={.spec.containers[0].securityContext}"],
          expect: [/"allowPrivilegeEscalation":false/, /"drop":\["ALL"\]/],
        },
      ],
      after: "The Deployment is there, and warned of; its pods would not come in.",
    },
    {
      title: "From docker, and back",
      before: "A docker command says the same in flags. What a pod cannot say is told beside it.",
      commands: [
        {
          sallyport: [
            "securitycontext",
            "--from-docker",
            "docker run --user=1001 --cap-add MAC_ADMIN ubuntu sleep 100",
          ],
          expect: [/runAsUser: 1001/, /add:\n +- MAC_ADMIN/, /args:\n +- sleep\n +- "100"/],
        },
        {
          sallyport: [
            "securitycontext",
            "--from-docker",
            "docker run --privileged --gpus all -p 9000-9001:80-81 -u app nginx",
          ],
          expect: [
            /# --user app: a pod names users by number/,
            /# --gpus all: ask for the device plugin's resource/,
            /privileged: true/,
            /containerPort: 81\n +hostPort: 9001/,
          ],
        },
        {
          sallyport: ["securitycontext", "--from-docker", "docker run --frobnicate ubuntu"],
          outcome: "refused",
          expect: [/--from-docker: unknown flag: --frobnicate/],
        },
        {
          sallyport: ["securitycontext", "--to-docker", "mended.yaml"],
          expect: [
            /docker run --user=1000 --cap-drop=ALL --security-opt=no-new-privileges --read-only --restart=always registry\.k8s\.io\/pause:3\.10/,
          ],
        },
      ],
      after: "Docker filters system calls unless told not to, kubelet only if told to: the pod says RuntimeDefault.",
    },
  ],
};

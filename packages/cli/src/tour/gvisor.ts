import { nodePrograms } from "../node/choose-node.ts";
import type { Chapter } from "./chapter.ts";
import { ownNode } from "./own-node.ts";

const { start, own } = ownNode("10947");

/** RuntimeClass: a kernel between the container and the machine's. */
export const gvisor: Chapter = {
  name: "gvisor",
  title: "gVisor: another kernel, by RuntimeClass",
  folder: "gvisor",
  needs: { root: true, programs: ["runsc", "runc", ...nodePrograms] },
  cleanUp: [],
  scenes: [
    {
      title: "A handler of the node",
      before:
        "A RuntimeClass names a handler of the nodes; runsc is gVisor's. A pod that names the class talks to gVisor's kernel, a program, and not to the machine's.",
      commands: [
        start,
        { kubectl: own("apply", "-f", "classes.yaml"), expect: [/secure-runtime created/] },
        { kubectl: own("apply", "-f", "pods.yaml"), expect: [/pod\/guarded created/, /pod\/lost created/] },
        {
          kubectl: own("wait", "--for=condition=Ready", "--timeout=55s", "pod/guarded", "pod/plain"),
          expect: [/pod\/guarded condition met/],
        },
        { kubectl: own("exec", "plain", "--", "uname", "-r"), unexpected: [/^4\.4\.0$/m] },
        { kubectl: own("exec", "guarded", "--", "uname", "-r"), expect: [/^4\.4\.0$/m] },
        { kubectl: own("exec", "guarded", "--", "dmesg"), expect: [/Starting gVisor/] },
        { kubectl: own("exec", "guarded", "--", "whoami"), expect: [/^app$/m] },
      ],
      after: "The pod's kernel says what it is. The user is the pod's there too, also for what exec starts.",
    },
    {
      title: "Never another in its place",
      before:
        "A class that is not there is refused at the gate; a handler that the node does not have is told of in the pod's events.",
      commands: [
        {
          kubectl: own("apply", "-f", "unknown.yaml"),
          outcome: "refused",
          expect: [/pod rejected: RuntimeClass "no-such-class" not found/],
        },
        {
          kubectl: own("describe", "pod", "lost"),
          expect: [/FailedCreatePodSandBox/, /no runtime for "nowhere" is configured/],
          eventually: true,
        },
        { kubectl: own("get", "pod", "lost", "-o", "jsonpath={.status.phase}"), expect: [/Pending/] },
      ],
      after: "Falling back to runc would be a sandbox that is none.",
    },
    {
      title: "What fits it",
      before: "Not every pod works there. This one wants the node's network and raw sockets.",
      commands: [{ sallyport: ["runtime", "advise", "router.yaml"], expect: [/router/, /hostNetwork/, /NET_RAW|raw/] }],
      after:
        "--measure adds what it costs on this machine; the policy that holds a namespace to a class is printed with it.",
    },
  ],
};

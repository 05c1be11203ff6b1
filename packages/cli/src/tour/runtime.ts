import { nodePrograms } from "../node/choose-node.ts";
import type { Chapter } from "./chapter.ts";
import { ownNode } from "./own-node.ts";

const { start, own } = ownNode("10946");

const status = "/^(CapEff|CapBnd|NoNewPrivs|Seccomp):/p";

/** Security contexts in force: what a pod says, seen from inside its containers. */
export const runtime: Chapter = {
  name: "runtime",
  title: "containers that run: the security context, seen from inside",
  folder: "runtime",
  needs: { root: true, programs: ["runc", ...nodePrograms] },
  cleanUp: [],
  scenes: [
    {
      title: "This machine as a node",
      before:
        "A server of the lesson's own, with this machine as its node: what is scheduled here is run, by a real OCI runtime, without a cluster and without a daemon.",
      commands: [
        { sallyport: ["runtime", "probe"], expect: [/runc +works/, /cgroups: /] },
        start,
        { kubectl: own("get", "nodes", "-o", "wide"), expect: [/gate +Ready .* sallyport:\/\//] },
        { kubectl: own("apply", "-f", "web.yaml"), expect: [/pod\/web created/, /service\/web created/] },
        { kubectl: own("wait", "--for=condition=Ready", "--timeout=50s", "pod/web"), expect: [/condition met/] },
        {
          kubectl: own("describe", "pod", "web"),
          expect: [/Successfully assigned default\/web to gate/, /Container started/],
          eventually: true,
        },
      ],
      after:
        "The image is made of the machine's own programs, so that nothing is downloaded; names of registries work too.",
    },
    {
      title: "Who it runs as",
      before: "The pod says user 1000; the helper says root for itself. Each answers from inside.",
      commands: [
        { kubectl: own("exec", "web", "-c", "app", "--", "whoami"), expect: [/^app$/m] },
        { kubectl: own("exec", "web", "-c", "helper", "--", "whoami"), expect: [/^root$/m] },
        {
          kubectl: own("exec", "web", "-c", "app", "--", "sed", "-nE", status, "/proc/self/status"),
          expect: [/CapEff:\s+0{16}/, /CapBnd:\s+0{16}/, /NoNewPrivs:\s+1/, /Seccomp:\s+2/],
        },
        {
          kubectl: own("exec", "web", "-c", "helper", "--", "sed", "-nE", status, "/proc/self/status"),
          expect: [/CapEff:\s+00000000a80435fa/, /NoNewPrivs:\s+0/],
        },
      ],
      after:
        "The helper has the runtime's usual capabilities without CHOWN and with NET_ADMIN. What exec starts is no more than the container is.",
    },
    {
      title: "What it may not do",
      before: "Each is tried for real, and the kernel says no.",
      commands: [
        {
          kubectl: own("exec", "web", "-c", "app", "--", "touch", "/tmp/x"),
          outcome: "refused",
          expect: [/Read-only file system/],
        },
        {
          kubectl: own("exec", "web", "-c", "helper", "--", "chown", "1000", "/etc/passwd"),
          outcome: "refused",
          expect: [/Operation not permitted/],
        },
        {
          kubectl: own("exec", "web", "-c", "app", "--", "unshare", "-r", "true"),
          outcome: "refused",
          expect: [/Operation not permitted|not found/],
        },
        { kubectl: own("apply", "-f", "careless.yaml"), expect: [/pod\/careless created/] },
        {
          kubectl: own("describe", "pod", "careless"),
          expect: [/CreateContainerConfigError/, /container has runAsNonRoot and image will run as root/],
          eventually: true,
        },
      ],
      after: "runAsNonRoot is no request to the kernel: who would be root is not started at all.",
    },
    {
      title: "Whom it reaches",
      before: "Pods have addresses of their own, and Services have names.",
      commands: [
        {
          kubectl: own("exec", "web", "-c", "helper", "--", "wget", "-q", "-O", "-", "http://web.default.svc"),
          expect: [/hello from web/],
          eventually: true,
        },
        { kubectl: own("delete", "pod", "web", "careless", "--grace-period=1"), expect: [/"web" deleted/] },
      ],
      after: "When the lesson's server ends, nothing of this is left on the machine.",
    },
  ],
};

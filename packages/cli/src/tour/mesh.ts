import { nodePrograms } from "../node/choose-node.ts";
import type { Chapter, Command } from "./chapter.ts";
import { ownNode } from "./own-node.ts";

const { start, own } = ownNode("10948", "--mesh");

const inShop = (pod: string) => ["exec", "-n", "shop", pod, "-c", "app", "--"] as const;
const get = ["wget", "-q", "-O", "-"] as const;
const web = "http://web.shop.svc";
const log = own("logs", "-n", "shop", "web", "-c", "istio-proxy", "--tail", "20");
/** What passes the machine from now on, in a file. */
const capture = (name: string): Command => ({
  program: ["tcpdump", "-Z", "root", "-U", "-i", "any", "-w", `SCRATCH/${name}.pcap`, "tcp port 18480"],
  stays: true,
  expect: [/listening on any/],
});
const look = (name: string) => ["tcpdump", "-A", "-n", "-r", `SCRATCH/${name}.pcap`];

/** Who talks to whom: identities, PERMISSIVE and STRICT, and who may call. */
export const mesh: Chapter = {
  name: "mesh",
  title: "pods that talk: mutual TLS, from PERMISSIVE to STRICT",
  folder: "mesh",
  needs: { root: true, programs: ["runc", ...nodePrograms] },
  cleanUp: [],
  scenes: [
    {
      title: "A sidecar in each pod",
      before:
        "The namespace asks for sidecars by a label. Each pod gets one as it is created; the node turns the pod's connections over to it, and an authority signs its certificate by the token of the pod's service account.",
      commands: [
        start,
        {
          kubectl: own("apply", "-f", "pods.yaml"),
          expect: [/pod\/web created/, /pod\/outsider created/],
          eventually: true,
        },
        {
          kubectl: own("wait", "-n", "shop", "--for=condition=Ready", "--timeout=55s", "pod/web", "pod/till"),
          expect: [/pod\/web condition met/, /pod\/till condition met/],
        },
        {
          kubectl: own("wait", "--for=condition=Ready", "--timeout=20s", "pod/outsider"),
          expect: [/pod\/outsider condition met/],
        },
        { kubectl: own("get", "pods", "-A"), expect: [/shop +web +2\/2/, /default +outsider +1\/1/] },
        {
          kubectl: own("get", "pod", "-n", "shop", "web", "-o", "jsonpath={.spec.initContainers[*].name}"),
          expect: [/^istio-proxy$/],
        },
        { kubectl: log, expect: [/spiffe:\/\/cluster\.local\/ns\/shop\/sa\/web: a certificate until/] },
      ],
      after: "The web's readiness is asked of its sidecar, which asks the web: the kubelet is no member of the mesh.",
    },
    {
      title: "PERMISSIVE: everybody is let in",
      before:
        "Without a policy a sidecar takes what comes: mutual TLS from the till, plaintext from a pod without a sidecar.",
      commands: [
        { kubectl: own(...inShop("till"), ...get, web), expect: [/hello from the shop/], eventually: true },
        { kubectl: own("exec", "outsider", "--", ...get, web), expect: [/hello from the shop/], eventually: true },
        {
          kubectl: log,
          expect: [/"principal":"cluster\.local\/ns\/shop\/sa\/till".*"tls":"mutual"/, /"tls":"plaintext".*"allowed"/],
        },
      ],
      after: "The sidecar's log says of each connection who it was, if that was proved.",
    },
    {
      title: "What the wire shows",
      before:
        "All that passes between the pods crosses the node: first what the outsider sends, then what the till sends. Where tcpdump is not installed, this is passed over.",
      commands: [
        capture("outsider"),
        { kubectl: own("exec", "outsider", "--", ...get, web), expect: [/hello from the shop/] },
        { program: look("outsider"), expect: [/GET \/ HTTP/, /hello from the shop/], eventually: true },
        capture("till"),
        { kubectl: own(...inShop("till"), ...get, web), expect: [/hello from the shop/] },
        {
          program: look("till"),
          // The connection's end comes behind all that it carried.
          expect: [/\.18480: Flags \[F/],
          unexpected: [/hello from the shop/, /GET \/ HTTP/],
          eventually: true,
        },
      ],
      after:
        "The outsider's request and its answer can be read by everybody on the way; of the till's connection there is nothing to read but that it was.",
    },
    {
      title: "STRICT: only who proves who he is",
      before: "The namespace takes mutual TLS alone from now on. Nothing is restarted.",
      commands: [
        { kubectl: own("apply", "-f", "strict.yaml"), expect: [/peerauthentication.*default created/] },
        {
          kubectl: own("exec", "outsider", "--", ...get, web),
          outcome: "refused",
          expect: [/wget: /],
          eventually: true,
        },
        { kubectl: own(...inShop("till"), ...get, web), expect: [/hello from the shop/] },
        { kubectl: own("get", "pods", "-n", "shop", "web"), expect: [/web +2\/2 +Running/] },
        { kubectl: log, expect: [/"decision":"denied","reason":"plaintext, where the mode is STRICT"/] },
        {
          kubectl: own("apply", "-f", "wrong.yaml"),
          outcome: "refused",
          expect: [/portLevelMtls requires selector/],
        },
      ],
      after: "Probes go on to be answered. A policy that could never hold is refused at the gate.",
    },
    {
      title: "Who may call",
      before:
        "An identity that is proved can be asked for: only the cashier may call the web, and the till is not the cashier.",
      commands: [
        { kubectl: own("apply", "-f", "others.yaml"), expect: [/authorizationpolicy.*web created/] },
        {
          kubectl: own(...inShop("till"), ...get, web),
          outcome: "refused",
          expect: [/wget: /],
          eventually: true,
        },
        { kubectl: log, expect: [/"reason":"no rule of the ALLOW policy shop\/web means it"/] },
        { kubectl: own("apply", "-f", "till.yaml"), expect: [/authorizationpolicy.*web configured/] },
        { kubectl: own(...inShop("till"), ...get, web), expect: [/hello from the shop/], eventually: true },
        { kubectl: own("delete", "pod", "-n", "shop", "web", "till", "--grace-period=1"), expect: [/"web" deleted/] },
      ],
      after: "When the lesson's server ends, nothing of this is left on the machine.",
    },
  ],
};

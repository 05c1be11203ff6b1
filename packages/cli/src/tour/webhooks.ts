import type { Chapter, Command } from "./chapter.ts";

/** Where the lesson's webhook listens: `configurations.yaml` names it. */
const port = "10943";

const caBundle = "jsonpath={.webhooks[0].clientConfig.caBundle}";

function trusted(kind: string): Command {
  return { kubectl: ["get", kind, "sallyport", "-o", caBundle], expect: [/^[A-Za-z0-9+/=]{200,}$/], eventually: true };
}

/** Admission webhooks, both sides: the server that asks, and `sallyport webhook` that answers over TLS. */
export const webhooks: Chapter = {
  name: "webhooks",
  title: "webhooks: the API server asks, Sallyport answers",
  folder: "webhooks",
  cleanUp: [
    [
      "delete",
      "mutatingwebhookconfiguration,validatingwebhookconfiguration",
      "sallyport",
      "nobody",
      "--ignore-not-found",
    ],
    ["delete", "namespace", "harbour", "sallyport", "--ignore-not-found", "--wait=true"],
  ],
  scenes: [
    {
      title: "A webhook server with a certificate of its own",
      before:
        "A webhook is called over TLS, so it needs a certificate that the API server trusts. This one makes an authority and a leaf, keeps both in a Secret for all replicas, and renews them in time.",
      commands: [
        { kubectl: ["create", "namespace", "harbour"], expect: [/created/] },
        { kubectl: ["create", "namespace", "sallyport"], expect: [/created/] },
        {
          sallyport: ["webhook", "--host", "127.0.0.1", "--port", port, "--policy", "policy.rego"],
          stays: true,
          expect: [/listening at https:\/\//],
        },
        {
          kubectl: ["-n", "sallyport", "get", "secret", "sallyport-webhook-tls"],
          expect: [/sallyport-webhook-tls/],
          eventually: true,
        },
      ],
      after:
        "Certificates can come from files and from `kubectl create secret tls`, too: --tls-cert-file, --tls-secret-folder.",
    },
    {
      title: "The API server is told of it",
      before:
        "Two configurations: one for changes, one for refusals. They name a URL and leave the caBundle empty; the webhook fills it in and keeps it current.",
      commands: [
        {
          kubectl: ["apply", "-f", "configurations.yaml"],
          expect: [
            /mutatingwebhookconfiguration\S*\/sallyport created/,
            /validatingwebhookconfiguration\S*\/sallyport created/,
          ],
        },
        trusted("mutatingwebhookconfiguration"),
        trusted("validatingwebhookconfiguration"),
      ],
      after: "failurePolicy is Fail: while the webhook could not be trusted, nothing would have passed.",
    },
    {
      title: "It refuses, and it changes",
      before: "The policy wants a team on each pod of the namespace harbour, and adds an owner.",
      commands: [
        {
          kubectl: ["-n", "harbour", "run", "raft", "--image=registry.k8s.io/pause:3.10"],
          outcome: "refused",
          expect: [/admission webhook "pods\.sallyport\.example\.com" denied the request: a pod needs the label team/],
        },
        {
          kubectl: ["-n", "harbour", "run", "ferry", "--image=registry.k8s.io/pause:3.10", "--labels=team=deck"],
          expect: [/pod\/ferry created/],
        },
        {
          kubectl: ["-n", "harbour", "get", "pod", "ferry", "-o", "jsonpath={.metadata.labels}"],
          expect: [/"owner":"harbour-master"/, /"team":"deck"/],
        },
        {
          kubectl: ["-n", "harbour", "label", "pod", "ferry", "team-"],
          outcome: "refused",
          expect: [/a pod needs the label team/],
        },
      ],
      after: "An AdmissionReview went out and an answer with a JSON patch came back; updates are asked about as well.",
    },
    {
      title: "Where it is asked, and where not",
      before:
        "The configurations name one namespace by its label. A dry run is asked about as any other request: the webhook says that it has no side effects.",
      commands: [
        {
          kubectl: ["-n", "harbour", "run", "wreck", "--image=registry.k8s.io/pause:3.10", "--dry-run=server"],
          outcome: "refused",
          expect: [/a pod needs the label team/],
        },
        {
          kubectl: ["-n", "sallyport", "run", "elsewhere", "--image=registry.k8s.io/pause:3.10"],
          expect: [/pod\/elsewhere created/],
        },
      ],
      after: "Rules, selectors, match conditions in CEL and matchPolicy decide, as in kube-apiserver.",
    },
    {
      title: "A webhook that does not answer",
      before: "Nobody listens at the port that this configuration names.",
      commands: [
        { kubectl: ["apply", "-f", "nobody.yaml"], expect: [/\/nobody created/] },
        {
          kubectl: ["-n", "harbour", "create", "configmap", "chart"],
          outcome: "refused",
          expect: [/failed calling webhook "nobody\.example\.com"/],
        },
        {
          kubectl: [
            "patch",
            "validatingwebhookconfiguration",
            "nobody",
            "--type=json",
            "-p",
            '[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"}]',
          ],
          expect: [/patched/],
        },
        { kubectl: ["-n", "harbour", "create", "configmap", "chart"], expect: [/configmap\/chart created/] },
      ],
      after:
        "Fail closes the gate, Ignore opens it. `sallyport install` writes configurations that fail closed and leave out what must not be locked.",
    },
    {
      title: "Clearing up",
      before: "The webhook stops with this chapter; its configurations would lock the namespace.",
      commands: [
        {
          kubectl: ["delete", "mutatingwebhookconfiguration,validatingwebhookconfiguration", "sallyport"],
          expect: [/deleted/],
        },
        { kubectl: ["delete", "validatingwebhookconfiguration", "nobody"], expect: [/deleted/] },
      ],
      after: "`sallyport install | kubectl apply -f -` sets all of this up in a cluster.",
    },
  ],
};

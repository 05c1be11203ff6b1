import type { Chapter, Command } from "./chapter.ts";

/** Where the lesson's policy server listens. */
const server = "127.0.0.1:10981";
const api = `http://${server}/v1`;

const statusPath = "jsonpath={.metadata.annotations.openpolicyagent\\.org/kube-mgmt-status}";

function status(expect: RegExp): Command {
  return {
    kubectl: ["-n", "dock", "get", "configmap", "untrusted-registry", "-o", statusPath],
    expect: [expect],
    eventually: true,
  };
}

function answer(path: string, ...expect: readonly RegExp[]): Command {
  return { curl: ["-s", `${api}/${path}`], expect, eventually: true };
}

const sync: readonly string[] = ["sync", "--opa-url", api, "--namespaces", "dock", "--replicate", "auto"];

/** Mission row 6: a policy server beside a cluster, filled by hand and by kube-mgmt's job. */
export const policyServer: Chapter = {
  name: "sync",
  title: "a policy server beside the cluster: by curl, and by ConfigMaps",
  folder: "sync",
  cleanUp: [["delete", "namespace", "dock", "--ignore-not-found", "--wait=true"]],
  scenes: [
    {
      title: "A policy server",
      before: "Sallyport answers by OPA's REST API: a policy is put there with curl, and asked with curl.",
      commands: [
        {
          sallyport: ["opa", "run", "--server", "--addr", server],
          stays: true,
          expect: [/Initializing server/],
        },
        {
          curl: ["-s", "-X", "PUT", "--data-binary", "@kubernetes.rego", `${api}/policies/example1`],
          expect: [/^\{\}/],
          eventually: true,
        },
        answer("data/kubernetes/example", /Hello, Kubernetes!/),
      ],
      after: "Whoever restarts the server has to put it there again.",
    },
    {
      title: "The same by ConfigMaps",
      before:
        "`sallyport sync` does what kube-mgmt does beside OPA: it follows ConfigMaps and objects of the cluster, and writes them to the server. It replicates what policies read, and nothing else.",
      commands: [
        { kubectl: ["create", "namespace", "dock"], expect: [/created/] },
        { sallyport: sync, stays: true, expect: [/syncing https:/] },
        {
          kubectl: ["-n", "dock", "create", "configmap", "untrusted-registry", "--from-file=untrusted-registry.rego"],
          expect: [/created/],
        },
        status(/\{"status":"ok"\}/),
        { kubectl: ["-n", "dock", "run", "crate", "--image=registry.k8s.io/pause:3.10"], expect: [/created/] },
        { kubectl: ["-n", "dock", "run", "barrel", "--image=registry.example.com/till:1"], expect: [/created/] },
        answer("data/dock/untrusted", /"crate"/),
        answer("data/kubernetes/pods/dock/barrel/spec/containers/0/image", /registry\.example\.com\/till:1/),
      ],
      after: "data.kubernetes.pods is as new as the cluster's watch; a pod that goes, goes there too.",
    },
    {
      title: "What it may read of the cluster",
      before: "The policy reads pods, so only pods are to be granted, beside the ConfigMaps of one namespace.",
      commands: [
        {
          sallyport: [...sync, "--print-rbac"],
          expect: [/resources: \["pods"\]/, /kind: Role\nmetadata:\n {2}name: sallyport-sync\n {2}namespace: dock/],
          unexpected: [/secrets/],
        },
      ],
      after: "Pipe it to `kubectl apply -f -`.",
    },
    {
      title: "A broken policy, and one that goes",
      before: "Somebody saves a policy that calls a function that is not there.",
      commands: [
        { kubectl: ["replace", "-f", "broken-policy.yaml"], expect: [/replaced/] },
        status(/"status":"error".*undefined function begins_with/),
        answer("data/dock/untrusted", /"crate"/),
        { kubectl: ["-n", "dock", "delete", "configmap", "untrusted-registry"], expect: [/deleted/] },
        answer("data/dock", /^\{\}/),
        answer("data/kubernetes/example", /Hello, Kubernetes!/),
      ],
      after: "The last good text stayed in force; what was put there by hand is nobody else's.",
    },
  ],
};

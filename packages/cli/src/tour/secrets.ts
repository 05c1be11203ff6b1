import type { Chapter, Command } from "./chapter.ts";

/** Where the lesson's own server listens. */
const port = "10945";

const data = "SCRATCH/data";

/** kubectl against the lesson's own server. */
function own(...words: readonly string[]): readonly string[] {
  return ["--kubeconfig", `${data}/kubeconfig`, ...words];
}

function status(configuration: string): readonly string[] {
  return ["secrets", "status", "--data", data, "--encryption-provider-config", configuration];
}

const canary: Command = {
  kubectl: own("create", "secret", "generic", "db", "--from-literal=password=portcullis"),
  expect: [/secret\/db created/],
};

/** The Secret that an ExternalSecret makes; `postgres://ledger:drawbridge@db/ledger` in Base64. */
const made: Command = {
  kubectl: ["-n", "strongroom", "get", "secret", "ledger", "-o", "jsonpath={.data.url}"],
  expect: [/cG9zdGdyZXM6Ly9sZWRnZXI6ZHJhd2JyaWRnZUBkYi9sZWRnZXI=/],
  eventually: true,
};

/** Secrets: who comes to them, where they are where they should not be, how they come from elsewhere, and how they lie on the disk. */
export const secrets: Chapter = {
  name: "secrets",
  title: "secrets: who reads them, and how they lie",
  folder: "secrets",
  cleanUp: [["delete", "namespace", "strongroom", "--ignore-not-found", "--wait=true"]],
  scenes: [
    {
      title: "Who comes to a secret",
      before:
        "A role that says nothing of Secrets: its account may create Deployments. RBAC refuses it the Secret, and yet it comes to it: a pod mounts what it likes.",
      commands: [
        { kubectl: ["create", "namespace", "strongroom"], expect: [/created/] },
        { kubectl: ["apply", "-f", "rbac.yaml"], expect: [/rolebinding\S* created/] },
        {
          kubectl: ["-n", "strongroom", "create", "secret", "generic", "db", "--from-literal=password=portcullis"],
          expect: [/created/],
        },
        {
          kubectl: [
            "-n",
            "strongroom",
            "auth",
            "can-i",
            "get",
            "secret/db",
            "--as",
            "system:serviceaccount:strongroom:deployer",
          ],
          outcome: "refused",
          expect: [/^no/m],
        },
        {
          sallyport: ["secrets", "who-can", "get", "secret/db", "-n", "strongroom"],
          expect: [
            /ServiceAccount strongroom\/deployer/,
            /runs a pod of their own in strongroom/,
            /to cut it: take create, update deployments\.apps out of rule 1 of Role strongroom\/deployer/,
          ],
        },
      ],
      after: "The same works on manifests and on a dump, before anything is applied; -o svg draws it.",
    },
    {
      title: "Where they should not be",
      before:
        "A password in an environment variable is read by all who read the Deployment. A reference to a Secret is not one.",
      commands: [
        {
          sallyport: ["secrets", "scan", "leaky.yaml"],
          outcome: "refused",
          expect: [/leaky\.yaml:\d+ +Deployment strongroom\/ledger .*env\[0\]\.value/, /a password in a URL/],
          unexpected: [/vX7-Lq2p/, /API_TOKEN/],
        },
      ],
      after: "What is found is told by place, rule and fingerprint; the value itself is never printed.",
    },
    {
      title: "From elsewhere",
      before:
        "The values lie in a store, and the repository says which: ExternalSecrets, as External Secrets has them. First without a cluster, then with one.",
      commands: [
        {
          sallyport: ["secrets", "render", "--masked", "--file-root", "stores", "external.yaml"],
          expect: [/name: ledger/, /url: \(38 bytes\)/],
          unexpected: [/drawbridge/],
        },
        {
          sallyport: ["secrets", "sync", "--create-crds", "-n", "strongroom", "--file-root", "stores"],
          stays: true,
          expect: [/syncing ExternalSecrets of https:/],
        },
        { kubectl: ["apply", "-f", "external.yaml"], expect: [/externalsecret\S* created/] },
        {
          kubectl: ["-n", "strongroom", "get", "externalsecret", "ledger"],
          expect: [/ledger +files +10m +True +SecretSynced/],
          eventually: true,
        },
        made,
        { kubectl: ["-n", "strongroom", "delete", "secret", "ledger"], expect: [/deleted/] },
        made,
      ],
      after: "What somebody deletes or changes is made again; its conditions and events never hold a value.",
    },
    {
      title: "A configuration that only looks like encryption",
      before: "Identity stands first, so all that is written lies in plaintext, whatever comes behind it.",
      commands: [
        {
          sallyport: ["secrets", "status", "--audit", "weak.yaml"],
          outcome: "refused",
          expect: [/high identity-first resources\[0\]\.providers\[0\]/, /aescbc/],
        },
      ],
      after: "The first provider writes; the others are there to read what older ones wrote.",
    },
    {
      title: "How they lie",
      before:
        "A server of its own with kube-apiserver's EncryptionConfiguration: what lies in its store is what kube-apiserver would have written there.",
      commands: [
        {
          sallyport: [
            ...["up", "--data", data, "--port", port, "--no-node"],
            ...["--encryption-provider-config", "encryption.yaml"],
          ],
          stays: true,
          expect: [/ready at https:\/\//, /kubeconfig/],
        },
        canary,
        {
          kubectl: own("get", "secret", "db", "-o", "jsonpath={.data.password}"),
          expect: [/cG9ydGN1bGxpcw==/],
        },
        {
          sallyport: status("encryption.yaml"),
          expect: [/secrets +1 +aesgcm spring +current/, /all is as it should be/],
        },
        {
          sallyport: ["secrets", "verify", "--data", data, "--encryption-provider-config", "encryption.yaml"],
          expect: [/\d+ objects, 0 that cannot be read/],
        },
      ],
      after: "Whoever copies the store, or a backup of it, has ciphertext. Who asks the server sees no difference.",
    },
    {
      title: "Another key",
      before:
        "With the next key first, what lies under the old one is stale: still read, and waiting to be written anew. A rotation says first what it would do.",
      commands: [
        {
          sallyport: status("rotated.yaml"),
          outcome: "refused",
          expect: [/secrets +1 +aesgcm spring +stale/, /1 values? (is|are) stale/],
        },
        {
          sallyport: ["secrets", "rotate", "--data", data, "--encryption-provider-config", "rotated.yaml"],
          outcome: "refused",
          expect: [/1 stale, to be rewritten with --yes/],
        },
      ],
      after:
        "With --yes, on an etcd while servers run or on this folder when none does, each object is written anew only if nobody else has changed it.",
    },
  ],
};

import assert from "node:assert/strict";
import { test } from "node:test";
import { whoCan } from "./who-can.ts";
import { editTexts, objectsOf, pathsText, readingOf } from "./world.fixture.ts";
import { worldOf } from "./world-of.ts";

const subject = "User eve";

/** A Role of `prod` with these rules, bound to one subject. */
const inProd = (rules: string) => `Role prod/r: ${rules}\nRoleBinding prod/b Role r: ${subject}`;
/** A ClusterRole with these rules, bound everywhere. */
const everywhere = (rules: string) => `ClusterRole r: ${rules}\nClusterRoleBinding b r: ${subject}`;

/** One that reads `prod/db` by its own right. */
const reader = (who: string) => `Role prod/reader: get secrets [db]\nRoleBinding prod/reader Role reader: ${who}`;
const app = `${reader("ServiceAccount prod/app")}\nPod prod/web account=app node=n1`;
const holder = "Pod prod/holder secret=db token=no node=n1";

/** How eve comes to secret `db` of `prod`, if at all: name, world, the ways of her paths. */
const cases: readonly (readonly [string, string, ...string[]])[] = [
  ["get", inProd("get secrets"), "reading"],
  ["list", inProd("list secrets"), "reading"],
  ["watch", inProd("watch secrets"), "reading"],
  ["the answer to an empty patch", inProd("patch secrets"), "reading"],
  ["the answer to a deletion of all", inProd("deletecollection secrets"), "reading"],
  ["an update answers what it was sent", inProd("update secrets")],
  ["a deletion of one answers nothing of it", inProd("delete secrets")],
  ["all verbs", inProd("* secrets"), "reading"],
  ["all resources", inProd("get *"), "reading"],
  ["all groups", inProd("get *.*"), "reading"],
  ["secrets of another group", inProd("get secrets.example.com")],
  ["its name", inProd("get secrets [db]"), "reading"],
  ["a list by its name", inProd("list,watch secrets [db]"), "reading"],
  ["a deletion of all has no name", inProd("deletecollection secrets [db]")],
  ["another name", inProd("get secrets [other]")],
  ["everywhere", everywhere("get secrets"), "reading"],
  ["another namespace", "Role dev/r: get secrets\nRoleBinding dev/b Role r: User eve"],
  [
    "a ClusterRole in the namespace",
    "ClusterRole r: get secrets\nRoleBinding prod/b ClusterRole r: User eve",
    "reading",
  ],
  ["a role that is not there", "RoleBinding prod/b Role r: User eve"],
  [
    "gathered rules",
    "ClusterRole r gathers=x:\nClusterRole part labels=x: get secrets\nClusterRoleBinding b r: User eve",
    "reading",
  ],
  ["rules of two rules", inProd("get secrets; list secrets"), "reading", "reading"],

  ["a pod", inProd("create pods"), "own-pods > own-pods"],
  ["a pod of a name", inProd("create pods [a]")],
  ["a Deployment", inProd("patch deployments.apps"), "own-pods > own-pods"],
  ["a CronJob", inProd("update cronjobs.batch"), "own-pods > own-pods"],
  ["what an operator runs", inProd("create workflows.argoproj.io"), "own-pods > own-pods"],
  ["a pod elsewhere", `Role dev/r: create pods\nRoleBinding dev/b Role r: User eve\n${app}`],
  [
    "a pod elsewhere, whose account may read",
    `Role dev/r: create pods\nRoleBinding dev/b Role r: User eve\n${reader("ServiceAccount dev/ci")}`,
    "own-pods > own-pods > reading",
  ],
  [
    "a pod elsewhere, with the node's files",
    `Role dev/r: create pods\nRoleBinding dev/b Role r: User eve\nNamespace dev\n${holder}`,
    "own-pods > own-pods > kubelets",
  ],
  [
    "a pod elsewhere, where Pod Security refuses the node's files",
    `Role dev/r: create pods\nRoleBinding dev/b Role r: User eve\nNamespace dev enforce=baseline\n${holder}`,
  ],

  ["exec into a pod that has it", `${inProd("create pods/exec")}\n${holder}`, "takeovers > takeovers"],
  ["exec by an old websocket", `${inProd("get pods/exec")}\n${holder}`, "takeovers > takeovers"],
  [
    "exec into a pod whose account may read",
    `${inProd("create pods/exec")}\n${app}`,
    "takeovers > takeovers > reading",
  ],
  ["exec into a pod without a token", `${inProd("create pods/exec")}\n${app} token=no`],
  ["exec into a pod of a name", `${inProd("create pods/exec [web]")}\n${app}`, "takeovers > takeovers > reading"],
  ["exec into another pod", `${inProd("create pods/exec [other]")}\n${app}`],
  ["exec where no pod is", inProd("create pods/exec")],
  [
    "exec into the pods of a Deployment",
    `${inProd("create pods/exec")}\nDeployment prod/d secret=db`,
    "takeovers > takeovers",
  ],
  ["attach", `${inProd("create pods/attach")}\n${holder}`, "takeovers > takeovers"],
  ["an ephemeral container", `${inProd("patch pods/ephemeralcontainers")}\n${holder}`, "takeovers > takeovers"],
  ["another image", `${inProd("patch pods")}\n${holder}`, "takeovers > takeovers"],
  ["a port", `${inProd("create pods/portforward")}\n${holder}`, "takeovers > takeovers"],
  ["a port of a pod that has nothing", `${inProd("create pods/portforward")}\nPod prod/x token=no`],
  ["all subresources", `${inProd("create */exec")}\n${holder}`, "takeovers > takeovers"],
  ["logs", `${inProd("get pods/log")}\n${holder}`],
  ["what only the node pulls with", `${inProd("create pods/exec")}\nPod prod/x pull=db token=no`],

  ["a node's proxy", `${everywhere("get nodes/proxy")}\n${holder}`, "nodes-proxy > takeovers"],
  ["a node's proxy by name", `${everywhere("create nodes/proxy [n1]")}\n${holder}`, "nodes-proxy > takeovers"],
  ["another node's proxy", `${everywhere("get nodes/proxy [n2]")}\n${holder}`],
  ["a node's proxy in a namespace means nothing", `${inProd("get nodes/proxy")}\n${holder}`],

  ["a token", `${inProd("create serviceaccounts/token")}\n${app}`, "token-requests > reading"],
  ["a token by name", `${inProd("create serviceaccounts/token [app]")}\n${app}`, "token-requests > reading"],
  ["another's token", `${inProd("create serviceaccounts/token [other]")}\n${app}`],
  [
    "a token in a secret",
    `Role dev/r: get secrets\nRoleBinding dev/b Role r: User eve\nSecret dev/t account=ci\n${reader("ServiceAccount dev/ci")}`,
    "token-secrets > reading",
  ],
  [
    "a token in a new secret",
    `Role dev/r: create,get secrets\nRoleBinding dev/b Role r: User eve\n${reader("ServiceAccount dev/ci")}`,
    "token-secrets > reading",
  ],
  [
    "a new secret that cannot be read",
    `Role dev/r: create secrets\nRoleBinding dev/b Role r: User eve\n${reader("ServiceAccount dev/ci")}`,
  ],

  ["impersonated user", `${everywhere("impersonate users [bob]")}\n${reader("User bob")}`, "impersonation > reading"],
  ["another user", `${everywhere("impersonate users [al]")}\n${reader("User bob")}`],
  ["impersonated account", `${inProd("impersonate serviceaccounts")}\n${app}`, "impersonation > reading"],
  ["a group alone cannot be impersonated", everywhere("impersonate groups")],
  [
    "impersonated group, with a user",
    everywhere("impersonate groups [system:masters]; impersonate users [x]"),
    "impersonation > masters",
  ],
  [
    "uids and extra fields",
    `${everywhere("impersonate uids,userextras/a.authentication.k8s.io")}\n${reader("User bob")}`,
  ],
  ["users in a namespace mean nothing", `${inProd("impersonate users")}\n${reader("User bob")}`],

  [
    "bind",
    `${inProd("create rolebindings.rbac.authorization.k8s.io; bind clusterroles.rbac.authorization.k8s.io [x]")}\nClusterRole x: get secrets`,
    "bind > reading",
  ],
  [
    "bind a role without rules",
    `${inProd("create rolebindings.rbac.authorization.k8s.io; bind clusterroles.rbac.authorization.k8s.io [x]")}\nClusterRole x:`,
  ],
  ["bind without bindings", `${inProd("bind clusterroles.rbac.authorization.k8s.io")}\nClusterRole x: get secrets`],
  ["bindings without bind", `${inProd("create rolebindings.rbac.authorization.k8s.io")}\nClusterRole x: get secrets`],
  [
    "bind by a binding that is there",
    `${inProd("patch rolebindings.rbac.authorization.k8s.io [y]; bind clusterroles.rbac.authorization.k8s.io")}\nClusterRole x: get secrets\nRoleBinding prod/y ClusterRole x: User bob`,
    "bind > reading",
  ],
  [
    "a binding that is there refers to another role",
    `${inProd("patch rolebindings.rbac.authorization.k8s.io [y]; bind clusterroles.rbac.authorization.k8s.io")}\nClusterRole x: get secrets\nClusterRole z: get pods\nRoleBinding prod/y ClusterRole z: User bob`,
  ],
  [
    "bind everywhere",
    `${everywhere("create clusterrolebindings.rbac.authorization.k8s.io; bind clusterroles.rbac.authorization.k8s.io")}\nClusterRole x: get secrets`,
    "bind > reading",
  ],
  [
    "two roles, one of which lets bind the other",
    `${inProd("create rolebindings.rbac.authorization.k8s.io; bind roles.rbac.authorization.k8s.io [binder]")}\nRole prod/binder: bind roles.rbac.authorization.k8s.io\nRole prod/x: get secrets`,
    "bind > bind > reading",
  ],

  [
    "escalate one's own role",
    inProd("update,escalate roles.rbac.authorization.k8s.io"),
    "escalate > escalate > reading",
  ],
  [
    "escalate another's role",
    `${inProd("update,escalate roles.rbac.authorization.k8s.io [x]")}\nRole prod/x: get pods`,
  ],
  ["escalate without writing", inProd("escalate roles.rbac.authorization.k8s.io")],
  ["writing without escalate", inProd("update roles.rbac.authorization.k8s.io")],
  [
    "escalate a part of one's own role",
    `ClusterRole r gathers=x:\nClusterRole part labels=x: patch,escalate clusterroles.rbac.authorization.k8s.io [part]\nClusterRoleBinding b r: User eve`,
    "escalate > escalate > escalate > reading",
  ],
  [
    "escalate by a new part of one's own role",
    `ClusterRole r gathers=x:\nClusterRole part labels=x: create,escalate clusterroles.rbac.authorization.k8s.io\nClusterRoleBinding b r: User eve`,
    "escalate > escalate > escalate > reading",
  ],
  [
    "escalate a role that a binding waits for",
    `${inProd("create,escalate roles.rbac.authorization.k8s.io")}\nRoleBinding prod/waits Role missing: User eve`,
    "escalate > escalate > reading",
  ],
  [
    "a new role, bound by oneself",
    inProd("create,escalate,bind roles.rbac.authorization.k8s.io; create rolebindings.rbac.authorization.k8s.io"),
    "escalate > bind > reading",
  ],

  [
    "a certificate",
    `${everywhere("create certificatesigningrequests.certificates.k8s.io; update certificatesigningrequests.certificates.k8s.io/approval; approve signers.certificates.k8s.io [kubernetes.io/kube-apiserver-client]")}\n${reader("User bob")}`,
    "certificates > certificates > reading",
  ],
  [
    "a certificate of another signer",
    `${everywhere("create certificatesigningrequests.certificates.k8s.io; update certificatesigningrequests.certificates.k8s.io/approval; approve signers.certificates.k8s.io [example.com/x]")}\n${reader("User bob")}`,
  ],
  [
    "a certificate that nobody approves",
    `${everywhere("create certificatesigningrequests.certificates.k8s.io; update certificatesigningrequests.certificates.k8s.io/approval")}\n${reader("User bob")}`,
  ],
  [
    "no certificate of system:masters",
    everywhere(
      "create certificatesigningrequests.certificates.k8s.io; update certificatesigningrequests.certificates.k8s.io/approval; approve signers.certificates.k8s.io",
    ),
  ],

  ["a webhook", everywhere("create mutatingwebhookconfigurations.admissionregistration.k8s.io"), "webhooks"],
  [
    "a webhook that only looks",
    everywhere("patch validatingwebhookconfigurations.admissionregistration.k8s.io"),
    "webhooks",
  ],
];

for (const [name, world, ...ways] of cases)
  test(`who-can: ${name}`, () => {
    const found = pathsText(world, readingOf("prod/db")).filter((each) => each.startsWith(`${subject}: `));
    assert.deepEqual(
      found,
      ways.map((each) => `${subject}: ${each}`),
    );
  });

const edits: readonly (readonly [string, string, ...string[]])[] = [
  ["a verb", inProd("get secrets"), `${subject}: take get secrets out of rule 1 of Role prod/r`],
  [
    "verbs of one rule",
    inProd("get pods; get,list,create secrets,pods"),
    `${subject}: take get, list secrets out of rule 2 of Role prod/r`,
    `${subject}: take create pods out of rule 2 of Role prod/r`,
  ],
  ["wildcards", inProd("* *.*"), `${subject}: remove or narrow rule 1 of Role prod/r, which has wildcards`],
  [
    "what others have too",
    `Role prod/r: get secrets\nRoleBinding prod/b Role r: User eve, User bob`,
    "User bob: take get secrets out of rule 1 of Role prod/r (1 more subject has it)",
    `${subject}: take get secrets out of rule 1 of Role prod/r (1 more subject has it)`,
  ],
  [
    "a role that Kubernetes puts back",
    `ClusterRole admin bootstrap=yes: get secrets\nRoleBinding prod/b admin: User eve, User bob`,
    "User bob: take User bob out of RoleBinding prod/b",
    `${subject}: take User eve out of RoleBinding prod/b`,
  ],
  [
    "of two rules, the one that fewer have",
    `ClusterRole a: create rolebindings.rbac.authorization.k8s.io\nClusterRole c: bind clusterroles.rbac.authorization.k8s.io [x]\nClusterRole x: get secrets\nClusterRoleBinding a a: User eve, User bob\nClusterRoleBinding c c: User eve`,
    `${subject}: take bind clusterroles.rbac.authorization.k8s.io out of rule 1 of ClusterRole c`,
  ],
  [
    "a rule of a part",
    "ClusterRole r gathers=x:\nClusterRole part labels=x: get secrets\nClusterRoleBinding b r: User eve",
    `${subject}: take get secrets out of rule 1 of ClusterRole part`,
  ],
];

for (const [name, world, ...texts] of edits)
  test(`who-can, what cuts a path: ${name}`, () => {
    assert.deepEqual(editTexts(world, readingOf("prod/db")), ["Group system:masters: nothing", ...texts]);
  });

test("who-can: shortest paths first, by subjects", () => {
  const world = `${app}\n${inProd("create pods/exec")}\n${everywhere("get nodes/proxy")}\nNode n1`;
  assert.deepEqual(pathsText(world, readingOf("prod/db")), [
    "Group system:masters: masters",
    "ServiceAccount prod/app: reading",
    "Node n1: kubelets > reading",
    "User eve: takeovers > takeovers > reading",
    "User eve: nodes-proxy > takeovers > reading",
  ]);
});

test("who-can: any secret of a namespace", () => {
  assert.deepEqual(pathsText(inProd("get secrets [other]"), readingOf("prod/")), [
    "Group system:masters: masters",
    "User eve: reading",
  ]);
});

test("who-can: members have what their group has, and say so", () => {
  const world = `ClusterRole r: get secrets\nClusterRoleBinding b r: Group system:serviceaccounts:ci\nServiceAccount ci/a\nServiceAccount dev/a`;
  const { subjects } = whoCan(worldOf(objectsOf(world)), readingOf("prod/db"));
  assert.deepEqual(
    subjects.map(({ subject: { kind, name }, paths }) => [kind, name, paths[0]?.throughGroup]),
    [
      ["Group", "system:masters", undefined],
      ["Group", "system:serviceaccounts:ci", undefined],
      ["ServiceAccount", "a", "system:serviceaccounts:ci"],
      ["ServiceAccount", "default", "system:serviceaccounts:ci"],
    ],
  );
});

test("who-can: another question is answered by the same ways, but those that only read", () => {
  const world = `${inProd("create pods/exec,pods")}\n${holder}\nRole prod/d: delete pods\nRoleBinding prod/d Role d: ServiceAccount prod/cleaner`;
  const question = { verb: "delete", group: "", resource: "pods", namespace: "prod" };
  assert.deepEqual(pathsText(world, question), [
    "Group system:masters: masters",
    "ServiceAccount prod/cleaner: reading",
    "User eve: own-pods > own-pods > reading",
  ]);
});

test("who-can: more paths than are wanted are counted as more", () => {
  const { subjects } = whoCan(worldOf(objectsOf(inProd("get secrets; list secrets"))), readingOf("prod/db"), {
    paths: 1,
  });
  assert.deepEqual(
    subjects.map(({ paths, hasMore }) => [paths.length, hasMore]),
    [
      [1, false],
      [1, true],
    ],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseManifests } from "../manifests.ts";
import { type MigrationOptions, migratePodSecurityPolicies, type Proof } from "./migration.ts";
import { migrationText } from "./report.ts";

const any = "{rule: RunAsAny}";
const loose = `volumes: ["*"], seLinux: ${any}, runAsUser: ${any}, supplementalGroups: ${any}, fsGroup: ${any}`;

/** A policy that `who` may use: later fields stand for the loose ones. */
function policy(name: string, who: string, rules = "", annotations = "{}"): string {
  const given = rules.split(/,\s*(?=\w+:)/).map((each) => each.split(":")[0]);
  const kept = loose.split(/,\s*(?=\w+:)/).filter((each) => !given.includes(each.split(":")[0]));
  return `
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: ${name}, annotations: ${annotations}}
spec: {${[...kept, ...(rules === "" ? [] : [rules])].join(", ")}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: psp-${name}}
rules: [{apiGroups: [policy], resources: [podsecuritypolicies], resourceNames: [${name}], verbs: [use]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: psp-${name}}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: psp-${name}}
subjects: [{kind: ${who.startsWith("serviceaccounts") ? "Group" : "User"}, apiGroup: rbac.authorization.k8s.io, name: "system:${who}"}]
---`;
}

/** A Deployment in the namespace `shop`: fields of its pod, of its container's security context, labels. */
function deployment(name: string, pod = "", context = "", labels = `{app: ${name}}`, namespace = "shop"): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: ${labels}}
  template:
    metadata: {labels: ${labels}}
    spec: {containers: [{name: app, image: "app:1", securityContext: {${context}}}]${pod === "" ? "" : `, ${pod}`}}
---`;
}

const everybody = "serviceaccounts:shop";
const users = "runAsUser: {rule: MustRunAs, ranges: [{min: 1000, max: 2000}]}";
const strict =
  "runAsUser: {rule: MustRunAsNonRoot}, allowPrivilegeEscalation: false, requiredDropCapabilities: [ALL], volumes: [projected]";
const runtimeDefault =
  "{seccomp.security.alpha.kubernetes.io/defaultProfileName: runtime/default, seccomp.security.alpha.kubernetes.io/allowedProfileNames: '*'}";
const rooted = "runAsUser: {rule: MustRunAs, ranges: [{min: 0, max: 0}]}";

interface Case {
  readonly text: string;
  readonly options?: Partial<MigrationOptions>;
  /** `shop restricted`, and what holds it there. */
  readonly levels: readonly string[];
  /** `web by p, equal`. */
  readonly proofs: readonly string[];
  /** Names of what stands for mutations. */
  readonly made?: readonly string[];
  readonly sets?: readonly string[];
  readonly asks?: readonly string[];
  readonly notes?: readonly RegExp[];
  readonly proven?: boolean;
}

const cases: { readonly [what: string]: Case } = {
  "nothing asked, nothing set": {
    text: policy("p", everybody) + deployment("web"),
    levels: ["shop baseline: Deployment/web"],
    proofs: ["web by p, equal"],
    made: [],
  },
  "mutations make pods fit for restricted": {
    text: policy("p", everybody, strict, runtimeDefault) + deployment("web"),
    levels: ["shop restricted"],
    proofs: ["web by p, equal"],
    made: ["psp-p"],
    sets: [
      `pods' seccompProfile: {"type":"RuntimeDefault"}`,
      "containers' runAsNonRoot: true",
      "containers' capabilities: drop ALL",
      "containers' allowPrivilegeEscalation: false",
    ],
    asks: ["volumes of the types projected"],
  },
  "without mutations they do not": {
    text: policy("p", everybody, strict, runtimeDefault) + deployment("web"),
    options: { as: "none" },
    levels: ["shop restricted"],
    proofs: [
      'web by p, refused: pods "" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
    ],
    made: [],
    proven: false,
  },
  "mutators of Gatekeeper come to the same": {
    text: policy("p", everybody, strict, runtimeDefault) + deployment("web"),
    options: { as: "gatekeeper" },
    levels: ["shop restricted"],
    proofs: ["web by p, same in effect"],
    made: [
      "psp-p-seccompprofile",
      "psp-p-runasnonroot",
      "psp-p-capabilities-drop-containers",
      "psp-p-capabilities-drop-initcontainers",
      "psp-p-allowprivilegeescalation-containers",
      "psp-p-allowprivilegeescalation-initcontainers",
    ],
  },
  "one workload keeps its namespace at privileged": {
    text:
      policy("p", everybody, "hostPID: true") +
      deployment("web") +
      deployment("agent", "hostPID: true") +
      deployment("quiet", "", "", "{a: b}", "bank") +
      policy("q", "serviceaccounts:bank"),
    levels: ["bank baseline: Deployment/quiet", "shop privileged: Deployment/agent"],
    proofs: ["quiet by q, equal", "web by p, equal", "agent by p, equal"],
    asks: [
      "no privileged containers",
      "not the node's network",
      "not the node's IPC",
      "no host ports",
      "no added capabilities",
    ],
  },
  "what was refused counts for nothing": {
    text: policy("p", everybody) + deployment("agent", "hostPID: true"),
    levels: ["shop restricted"],
    proofs: ["agent refused before"],
  },
  "what was refused, and no level asks": {
    text:
      policy("p", everybody, "runAsUser: {rule: MustRunAsNonRoot}") +
      deployment("web") +
      deployment("agent", "", "runAsUser: 0"),
    levels: ["shop baseline: Deployment/web"],
    proofs: ["web by p, equal", "agent refused before, admitted now"],
    made: ["psp-p"],
  },
  "accounts told apart, where defaults would disturb others": {
    text:
      policy("a", "serviceaccount:shop:root", "readOnlyRootFilesystem: true") +
      policy("b", "serviceaccount:shop:default", users) +
      deployment("web") +
      deployment("root", "serviceAccountName: root"),
    levels: ["shop baseline: Deployment/web, Deployment/root"],
    proofs: ["web by b, equal", "root by a, equal"],
    made: ["psp-a-shop", "psp-b-shop"],
  },
  "labels told apart, where accounts do not": {
    text:
      policy("a", everybody, users) +
      policy("b", everybody, `hostPID: true, readOnlyRootFilesystem: true, ${rooted}`) +
      deployment("web") +
      deployment("pid", "hostPID: true"),
    levels: ["shop privileged: Deployment/pid"],
    proofs: ["web by a, equal", "pid by b, equal"],
    made: ["psp-a-shop", "psp-b-shop"],
  },
  "what nothing tells apart is found different": {
    text:
      policy("a", everybody, users) +
      policy("b", everybody, `hostPID: true, ${rooted}`) +
      deployment("web", "", "", "{a: b}") +
      deployment("pid", "hostPID: true", "", "{a: b}"),
    levels: ["shop privileged: Deployment/pid"],
    proofs: ["web by a, equal", "pid by b, app: runAsUser"],
    made: ["psp-a", "psp-b"],
    proven: false,
  },
  "seccomp in annotations becomes fields": {
    text:
      policy("p", everybody, "", "{seccomp.security.alpha.kubernetes.io/allowedProfileNames: '*'}") +
      deployment("web").replace(
        "metadata: {labels: {app: web}}",
        "metadata: {labels: {app: web}, annotations: {seccomp.security.alpha.kubernetes.io/pod: localhost/x.json}}",
      ),
    levels: ["shop baseline: Deployment/web"],
    proofs: ["web by p, equal"],
    made: ["psp-p"],
    sets: ["seccompProfile: as annotations of pods say, which nothing reads any more"],
  },
  "nobody may use it, and no binding says who": {
    text: `${policy("p", everybody).split("---")[0]}---${deployment("web")}`,
    levels: ["shop restricted"],
    proofs: ["web refused before"],
    notes: [/^nobody may use a policy: give the roles and bindings/],
  },
  "no workloads": {
    text: policy("p", everybody),
    levels: [],
    proofs: [],
    notes: [/^no pod and no workload there/],
  },
  "namespaces where nothing runs": {
    text: `${policy("p", everybody)}${deployment("web")}
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: quiet}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: builder, namespace: builds}}`,
    levels: ["shop baseline: Deployment/web"],
    proofs: ["web by p, equal"],
    notes: [/^no workload in builds, quiet: .* kubectl label namespace builds quiet \S+\/enforce=restricted$/],
  },
};

const options: MigrationOptions = {
  as: "map",
  user: { username: "jane", groups: ["system:authenticated"] },
  namespace: "default",
  version: "latest",
};

function proofText({ name, before, after, mutation }: Proof): string {
  if (!before.allowed) return `${name} refused before${after.allowed ? ", admitted now" : ""}`;
  if (!after.allowed)
    return `${name} by ${before.policy}, refused: ${after.message?.split(" (")[0]?.replace(/"web-\w+"/, '""')}`;
  return `${name} by ${before.policy}, ${typeof mutation === "string" ? mutation : mutation?.map(({ field }) => field).join(", ")}`;
}

for (const [what, { text, levels, proofs, made, sets, asks, notes = [], proven = true, ...rest }] of Object.entries(
  cases,
))
  test(`migrate psp: ${what}`, async () => {
    const migration = await migratePodSecurityPolicies(parseManifests("f", text), { ...options, ...rest.options });
    assert.deepEqual(
      migration.namespaces.map(({ namespace, level, because }) =>
        [
          `${namespace} ${level}`,
          ...(because.length === 0 ? [] : [because.map(({ workload }) => workload).join(", ")]),
        ].join(": "),
      ),
      levels,
    );
    assert.deepEqual(
      migration.namespaces.flatMap(({ workloads }) => workloads.map(proofText)),
      proofs,
    );
    const instead = migration.policies.flatMap((each) => each.instead.map((name) => name.split("/")[1]));
    if (made !== undefined) assert.deepEqual(instead, made);
    if (sets !== undefined) assert.deepEqual(migration.policies[0]?.sets, sets);
    if (asks !== undefined) assert.deepEqual(migration.policies[0]?.asks, asks);
    assert.equal(migration.notes.length, notes.length, migration.notes.join("\n"));
    for (const [i, note] of notes.entries()) assert.match(migration.notes[i] as string, note);
    assert.equal(migration.proven, proven);
    assert.match(migrationText(migration), /\d+ of \d+ admitted workloads proven to be admitted alike/);
  });

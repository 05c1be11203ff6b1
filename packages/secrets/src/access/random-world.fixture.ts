import fc from "fast-check";

const rbac = "rbac.authorization.k8s.io";
const certificates = "certificates.k8s.io";

/** Verbs and resources of ways, and some beside them that lead nowhere. */
const acts: readonly string[] = [
  "update secrets",
  "create pods",
  "patch pods",
  "get pods",
  "create pods/exec",
  "get pods/attach",
  "patch pods/ephemeralcontainers",
  "create pods/portforward",
  "update deployments.apps",
  "create deployments.apps",
  "get nodes/proxy",
  "create serviceaccounts/token",
  "impersonate users",
  "impersonate groups",
  "impersonate serviceaccounts",
  `create rolebindings.${rbac}`,
  `patch rolebindings.${rbac}`,
  `create clusterrolebindings.${rbac}`,
  `update clusterrolebindings.${rbac}`,
  `bind roles.${rbac}`,
  `bind clusterroles.${rbac}`,
  `create roles.${rbac}`,
  `update roles.${rbac}`,
  `escalate roles.${rbac}`,
  `create clusterroles.${rbac}`,
  `patch clusterroles.${rbac}`,
  `escalate clusterroles.${rbac}`,
  `create certificatesigningrequests.${certificates}`,
  `update certificatesigningrequests.${certificates}/approval`,
  `approve signers.${certificates}`,
  "patch mutatingwebhookconfigurations.admissionregistration.k8s.io",
  "create */exec",
];

/** Names that something has, for rules that are limited to some. */
const names = "db t w a b r c1 c2 u v g n1 kubernetes.io/kube-apiserver-client system:masters x".split(" ");

const places = ["prod", "dev"];
const place: fc.Arbitrary<string> = fc.constantFrom(...places);
const account: fc.Arbitrary<string> = fc.constantFrom("a", "b");
const clusterRole: fc.Arbitrary<string> = fc.constantFrom("c1", "c2", "c3");

/** What leads somewhere only together. */
const kits: readonly string[] = [
  `create,patch rolebindings.${rbac}; bind roles.${rbac},clusterroles.${rbac}`,
  `create clusterrolebindings.${rbac}; bind clusterroles.${rbac}`,
  `update,escalate roles.${rbac}`,
  `create,escalate roles.${rbac}; create rolebindings.${rbac}; bind roles.${rbac}`,
  `patch,escalate clusterroles.${rbac}`,
  `create,escalate clusterroles.${rbac}`,
  `create certificatesigningrequests.${certificates}; update certificatesigningrequests.${certificates}/approval; approve signers.${certificates}`,
  "impersonate users,groups",
  "create,get secrets",
  "get nodes/proxy",
  "create nodes/proxy [n1,n2]",
];

/** Who has one of these needs nothing else, so they are rare. */
const shortCuts: readonly string[] = [
  "get secrets",
  "patch secrets",
  "list secrets",
  "watch secrets",
  "deletecollection secrets",
  "* *",
  "get *.*",
];

const limit: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.subarray(names, { minLength: 1, maxLength: 3 }).map((each) => ` [${each.join()}]`) },
);
const rule: fc.Arbitrary<string> = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(fc.constantFrom(...acts), limit).map(([act, names]) => act + names) },
  { weight: 6, arbitrary: fc.constantFrom(...kits) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...shortCuts), limit).map(([act, names]) => act + names) },
);
const rules: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 3, arbitrary: fc.tuple(rule) },
    { weight: 1, arbitrary: fc.array(rule, { minLength: 2, maxLength: 3 }) },
  )
  .map((list) => list.join("; "));

const subject: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("User u", "User v", "Group g", "Group system:authenticated", "Group system:serviceaccounts:dev"),
  fc.constantFrom("ServiceAccount prod/a", "ServiceAccount prod/b", "ServiceAccount dev/a", "ServiceAccount dev/b"),
);
const subjects: fc.Arbitrary<string> = fc.array(subject, { minLength: 1, maxLength: 2 }).map((list) => list.join(", "));

const roles: fc.Arbitrary<readonly string[]> = fc.tuple(
  ...places.map((each) => rules.map((text) => `Role ${each}/r: ${text}`)),
  rules.map((text) => `ClusterRole c1 labels=x: ${text}`),
  // What a role that gathers others says itself is overwritten.
  fc.oneof(
    fc.constant("ClusterRole c2 gathers=x labels=y:"),
    rules.map((text) => `ClusterRole c2 labels=y: ${text}`),
  ),
  fc.constantFrom("ClusterRole c3 gathers=y:", "ClusterRole c3 gathers=x:", "ClusterRole c3: get pods"),
);

const binding: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(place, subjects).map(([at, who]) => `RoleBinding ${at}/b Role r: ${who}`) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(place, clusterRole, subjects)
      .map(([at, role, who]) => `RoleBinding ${at}/${role} ${role}: ${who}`),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(clusterRole, subjects).map(([role, who]) => `ClusterRoleBinding ${role} ${role}: ${who}`),
  },
  { weight: 1, arbitrary: fc.tuple(place, subjects).map(([at, who]) => `RoleBinding ${at}/w Role missing: ${who}`) },
);

const pod: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom("Pod", "Pod", "Deployment"),
    place,
    fc.constantFrom("w", "x"),
    account,
    fc.constantFrom("", " secret=db", " pull=db"),
    fc.constantFrom("", " node=n1", " node=n2"),
    fc.constantFrom("", " token=no"),
  )
  .map(([kind, at, name, as, secret, node, token]) => `${kind} ${at}/${name} account=${as}${secret}${node}${token}`);

const other: fc.Arbitrary<string> = fc.constantFrom(
  "Namespace dev",
  "Namespace prod",
  "Namespace dev enforce=restricted",
  "Secret dev/t account=a",
  "Secret prod/t account=b",
  "Node n1",
);

/** Who reads by right, most often: somebody to get at. */
const reader: fc.Arbitrary<string> = fc.constantFrom(
  "",
  "Role prod/reader: get secrets\nRoleBinding prod/reader Role reader: ServiceAccount prod/b",
  "Role prod/reader: list secrets [db]\nRoleBinding prod/reader Role reader: ServiceAccount dev/b",
  "ClusterRole reader: get secrets",
  "ClusterRole reader: get secrets [db]\nClusterRoleBinding reader reader: User v",
);

/** Small worlds, in `objectsOf`'s language, in which some come to `prod/db` and some do not; of one name there is one object. */
export const randomWorld: fc.Arbitrary<string> = fc
  .tuple(
    roles,
    fc.array(binding, { minLength: 1, maxLength: 4 }),
    fc.array(pod, { minLength: 1, maxLength: 3 }),
    fc.array(other, { maxLength: 3 }),
    reader,
  )
  .map((parts) => {
    const lines = parts
      .flat()
      .flatMap((each) => each.split("\n"))
      .filter(Boolean);
    return [...new Map(lines.map((line) => [line.split(" ", 2).join(" ").replace(/:$/, ""), line])).values()].join(
      "\n",
    );
  });

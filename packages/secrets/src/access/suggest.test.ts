import assert from "node:assert/strict";
import { test } from "node:test";
import { allows, authorizeByRbac, type KubeObject, type PolicyRule, type RuleRequest } from "@sallyport/kube";
import fc from "fast-check";
import { type AuditEvent, accessOf } from "./audit-events.ts";
import { leastRules } from "./least-rules.ts";
import { AccessRecord } from "./suggest.ts";
import { suggestedObjects } from "./suggested-objects.ts";
import { objectsOf } from "./world.fixture.ts";
import { identityText } from "./world.ts";
import { worldOf } from "./world-of.ts";

/** `get secrets.GROUP/SUB NAME`, or `get /path`. */
function requestOf(text: string): RuleRequest {
  const [verb = "", what = "", name = ""] = text.split(" ");
  if (what.startsWith("/")) return { verb, group: "", resource: "", name: "", path: what };
  const [path = "", subresource] = what.split("/");
  const dot = path.indexOf(".");
  const [resource, group] = dot === -1 ? [path, ""] : [path.slice(0, dot), path.slice(dot + 1)];
  return { verb, group, resource, name, ...(subresource === undefined ? {} : { subresource }) };
}

function ruleText({ apiGroups = [], resources = [], verbs, resourceNames, nonResourceURLs }: PolicyRule): string {
  const what =
    nonResourceURLs?.join() ?? `${resources.join()}${apiGroups.join() === "" ? "" : ` of ${apiGroups.join()}`}`;
  return `${verbs.join()} ${what}${resourceNames === undefined ? "" : ` [${resourceNames.join()}]`}`;
}

for (const [requests, ...rules] of [
  [["get secrets a"], "get secrets [a]"],
  [["get secrets a", "get secrets b", "get secrets c"], "get secrets"],
  [["get secrets a", "list secrets"], "get secrets [a]", "list secrets"],
  [["get secrets a", "update secrets a"], "get,update secrets [a]"],
  [["list pods", "list services", "watch pods", "watch services"], "list,watch pods,services"],
  [["list pods", "list services", "watch pods"], "list services", "list,watch pods"],
  [["list events", "list events.events.k8s.io"], "list events of ,events.k8s.io"],
  [["create pods web", "create pods/exec web"], "create pods", "create pods/exec [web]"],
  [["deletecollection pods x"], "deletecollection pods"],
  [["get /metrics", "get /healthz", "post /healthz"], "get /metrics", "get,post /healthz"],
] as const)
  test(`the least rules of ${requests.join(", ")}`, () =>
    assert.deepEqual(leastRules(requests.map(requestOf), 2).map(ruleText).sort(), rules));

test("the least rules allow what was asked for, and no other verb of anything", () => {
  const verb = fc.constantFrom("get", "list", "create", "delete");
  const resource = fc.constantFrom("pods", "secrets", "pods/exec", "deployments.apps", "scales.apps");
  const request = fc.tuple(verb, resource, fc.constantFrom("", "a", "b", "c")).map((each) => requestOf(each.join(" ")));
  fc.assert(
    fc.property(fc.array(request, { maxLength: 12 }), request, (requests, other) => {
      const rules = leastRules(requests, 2);
      for (const each of requests) assert.ok(rules.some((rule) => allows(rule, each)));
      const isKnown = requests.some(
        (each) =>
          each.verb === other.verb &&
          each.group === other.group &&
          each.resource === other.resource &&
          each.subresource === other.subresource,
      );
      assert.equal(isKnown || !rules.some((rule) => allows(rule, other)), true);
    }),
  );
});

const event = (username: string, text: string, namespace: string, more: Partial<AuditEvent> = {}): AuditEvent => {
  const { verb, group, resource, subresource, name, path } = requestOf(text);
  const ref = { apiGroup: group, resource, namespace, name, ...(subresource === undefined ? {} : { subresource }) };
  const place = path === undefined ? { objectRef: ref } : { requestURI: `${path}?a=b` };
  return { verb, user: { username, groups: ["system:authenticated"] }, ...place, ...more };
};

const ci = "system:serviceaccount:ci:builder";

/** `SUBJECT NAMESPACE: RULE`, of all that is suggested. */
function suggested(events: readonly AuditEvent[]): readonly string[] {
  const record = new AccessRecord();
  for (const each of events.flatMap(accessOf)) record.add(each);
  return record
    .suggestions(undefined)
    .flatMap(({ subject, places }) =>
      places.flatMap(({ namespace, rules }) =>
        rules.map((rule) => `${identityText(subject)} ${namespace}: ${ruleText(rule)}`),
      ),
    );
}

for (const [name, events, ...expected] of [
  [
    "by place",
    [event(ci, "get pods", "a"), event(ci, "list pods", "")],
    "ServiceAccount ci/builder : list pods",
    "ServiceAccount ci/builder a: get pods",
  ],
  ["a refusal", [event("eve", "get pods", "a", { annotations: { "authorization.k8s.io/decision": "forbid" } })]],
  ["a refusal without annotations", [event("eve", "get pods", "a", { responseStatus: { code: 403 } })]],
  [
    "an object that is not there was allowed all the same",
    [event("eve", "get pods x", "a", { responseStatus: { code: 404 } })],
    "User eve a: get pods [x]",
  ],
  [
    "an admission plugin's refusal was allowed by the authorizer",
    [
      event("eve", "create pods", "a", {
        responseStatus: { code: 403 },
        annotations: { "authorization.k8s.io/decision": "allow" },
      }),
    ],
    "User eve a: create pods",
  ],
  [
    "impersonation is the user's, the act the other's",
    [
      event("eve", "get pods", "a", {
        impersonatedUser: { username: "bob", groups: ["devs", "system:authenticated"] },
      }),
    ],
    "User bob a: get pods",
    "User eve : impersonate groups [devs]",
    "User eve : impersonate users [bob]",
  ],
  [
    "an impersonated account",
    [event("eve", "get /metrics", "", { impersonatedUser: { username: ci, groups: ["system:serviceaccounts:ci"] } })],
    "ServiceAccount ci/builder : get /metrics",
    "User eve ci: impersonate serviceaccounts [builder]",
  ],
  [
    "what every cluster lets all do who say who they are",
    [
      event("eve", "get /apis", ""),
      event("eve", "create selfsubjectaccessreviews.authorization.k8s.io", ""),
      event("eve", "get /metrics", ""),
    ],
    "User eve : get /metrics",
  ],
  ["an event of nobody", [{ verb: "get" }]],
] as const)
  test(`suggestions: ${name}`, () => assert.deepEqual([...suggested(events)].sort(), expected));

test("suggestions: what is had and was not used", () => {
  const world = worldOf(
    objectsOf(`
      Role prod/r: get,list secrets,pods; delete pods; * *.*
      RoleBinding prod/b Role r: ServiceAccount ci/builder
      ClusterRole all: get nodes
      ClusterRoleBinding all all: Group builders
    `),
  );
  const record = new AccessRecord();
  const groups = { user: { username: ci, groups: ["builders"] } };
  for (const each of accessOf(event(ci, "get secrets db", "prod", groups))) record.add(each);
  const [suggestion] = record.suggestions(world);
  assert.deepEqual(
    suggestion?.unused.map(({ grant, acts }) => [grant.role.name, grant.index, acts]),
    [
      ["r", 0, ["get pods", "list secrets", "list pods"]],
      ["r", 1, "all"],
      ["all", 0, "all"],
    ],
  );
});

test("suggested manifests: a Role in each place, a ClusterRole for places with the same rules; they allow what was done", () => {
  const events = [
    event(ci, "get secrets a", "x"),
    event(ci, "get secrets a", "y"),
    event(ci, "delete pods p", "z"),
    event(ci, "list nodes", ""),
  ];
  const record = new AccessRecord();
  for (const each of events.flatMap(accessOf)) record.add(each);
  const objects = record.suggestions(undefined).flatMap(suggestedObjects) as readonly KubeObject[];
  assert.deepEqual(
    objects.map(({ kind, metadata: { namespace, name } }) => `${kind} ${namespace ?? ""} ${name}`),
    [
      "ClusterRole  suggested:ci:builder",
      "ClusterRoleBinding  suggested:ci:builder",
      "Role z suggested:ci:builder",
      "RoleBinding z suggested:ci:builder",
      "ClusterRole  suggested:ci:builder:namespaces",
      "RoleBinding x suggested:ci:builder:namespaces",
      "RoleBinding y suggested:ci:builder:namespaces",
    ],
  );
  const listed = (resource: string, namespace?: string) =>
    objects.filter(
      (each) =>
        `${each.kind.toLowerCase()}s` === resource &&
        (namespace === undefined || each.metadata.namespace === namespace),
    );
  const reader = {
    list: (_group: string, resource: string, namespace?: string) => listed(resource, namespace),
    get: (_group: string, resource: string, namespace: string, name: string) =>
      listed(resource, namespace === "" ? undefined : namespace).find(({ metadata }) => metadata.name === name),
  };
  for (const { namespace, request } of events.flatMap(accessOf)) {
    const user = { username: ci, groups: [] };
    assert.ok(authorizeByRbac(reader, { ...request, user, namespace }).allowed, JSON.stringify(request));
    assert.ok(!authorizeByRbac(reader, { ...request, user, namespace: "elsewhere" }).allowed || namespace === "");
  }
});

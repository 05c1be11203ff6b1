import assert from "node:assert/strict";
import { test } from "node:test";
import { checkManifests } from "../check/checker.ts";
import { parseManifests } from "../manifests.ts";
import {
  type Bed,
  configMap,
  constraint,
  eventually,
  type Fields,
  template,
  withGatekeeper,
} from "./gatekeeper.fixture.ts";

const owned = template(
  "NeedLabels",
  'l := input.parameters.labels[_]; not input.review.object.metadata.labels[l]; msg := sprintf("no %v", [l])',
);
const unique = template(
  "Unique",
  'other := data.inventory.namespace[ns].v1.ConfigMap[name]; name == input.review.object.metadata.name; ns != input.review.object.metadata.namespace; msg := sprintf("also in %v", [ns])',
);
const maps = '{apiGroups: [""], kinds: [ConfigMap]}';
const needs = (name: string, label: string, more = "") =>
  constraint("NeedLabels", name, `{match: {kinds: [${maps}]}, parameters: {labels: [${label}]}${more}}`);
const namespace = (name: string, labels = "{}") =>
  `\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}, labels: ${labels}}\n`;
const config = (spec: string) =>
  `\n---\napiVersion: config.gatekeeper.sh/v1alpha1\nkind: Config\nmetadata: {name: config, namespace: gatekeeper-system}\nspec: ${spec}\n`;
const owner = `\n---\napiVersion: mutations.gatekeeper.sh/v1\nkind: AssignMetadata\nmetadata: {name: owner}\nspec: {match: {namespaces: [default]}, location: metadata.labels.owner, parameters: {assign: {value: me}}}\n`;

const refused = (webhook: string, text: string) =>
  `admission webhook "${webhook}.gatekeeper.sh" denied the request: ${text}`;
const denied = (text: string) => refused("validation", text);
const templates = "/apis/templates.gatekeeper.sh/v1/constrainttemplates";

/** Puts templates in force, and waits until their constraints are served. */
async function serve(bed: Bed, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    assert.equal(await bed.apply(text), "created");
    const name = /kind: ConstraintTemplate\nmetadata: \{name: (\w+)\}/.exec(text)?.[1];
    const found = await eventually(
      () => bed.get(`${templates}/${name}`),
      (each) => each["status"]?.created === true,
    );
    assert.equal(found["status"]?.created, true);
  }
}

test("a constraint is served and enforced as soon as its template is there, and gone with it", () =>
  withGatekeeper(async (bed) => {
    await serve(bed, owned);
    assert.equal(await bed.apply(needs("owner", "owner")), "created");
    assert.equal(await bed.apply(configMap("a")), denied("[owner] no owner"));
    assert.equal(await bed.apply(configMap("b", "default", "{owner: me}")), "created");
    await bed.remove(`${templates}/needlabels`);
    assert.equal(await bed.apply(configMap("a")), "created");
  }));

test("each enforcement action does what it says", () =>
  withGatekeeper(async (bed) => {
    await serve(bed, owned);
    const scoped = (action: string, point: string) =>
      `, enforcementAction: scoped, scopedEnforcementActions: [{action: ${action}, enforcementPoints: [{name: ${point}}]}]`;
    await bed.apply(
      needs("w", "warned", ", enforcementAction: warn") + needs("d", "dry", ", enforcementAction: dryrun"),
    );
    await bed.apply(needs("s", "elsewhere", scoped("deny", "audit.gatekeeper.sh")));
    assert.equal(await bed.apply(configMap("a")), "created");
    await bed.apply(needs("t", "here", scoped("deny", "validation.gatekeeper.sh")) + needs("u", "too"));
    assert.equal(await bed.apply(configMap("b")), denied("[t] no here\n[u] no too"));
  }));

const refusals: ReadonlyArray<[what: string, text: string, answer: string | RegExp]> = [
  [
    "a template that does not compile",
    template("Broken", "msg := nothing(1)"),
    /^admission webhook "validation\.gatekeeper\.sh" denied the request: .*template:3: rego_type_error: undefined function nothing/,
  ],
  [
    "a mutator that changes what none may",
    owner.replace("metadata.labels.owner", "metadata.name"),
    /^admission webhook "validation\.gatekeeper\.sh" denied the request: .*invalid location/,
  ],
  [
    "a Config of another name",
    namespace("gatekeeper-system") + config("{}").replace("name: config,", "name: other,"),
    denied("config resource must have name 'config'"),
  ],
  [
    "a namespace that nobody should look at",
    namespace("dark", '{admission.gatekeeper.sh/ignore: "yes"}'),
    refused("check-ignore-label", "Only exempt namespace can have the admission.gatekeeper.sh/ignore label"),
  ],
];

test("what cannot be used is refused, with the reason", () =>
  withGatekeeper(async (bed) => {
    for (const [what, text, answer] of refusals) {
      const told = await bed.apply(text);
      if (typeof answer === "string") assert.equal(told, answer, what);
      else assert.match(told, answer, what);
    }
  }));

test("a Config replicates what was there before, and excludes namespaces", () =>
  withGatekeeper(async (bed) => {
    await bed.apply(namespace("gatekeeper-system") + namespace("x-out") + namespace("other") + configMap("one"));
    await serve(bed, unique);
    await bed.apply(constraint("Unique", "unique", `{match: {kinds: [${maps}]}}`));
    assert.equal(await bed.apply(configMap("one", "other")), "created");
    await bed.remove("/api/v1/namespaces/other/configmaps/one");
    const sync = "sync: {syncOnly: [{group: '', version: v1, kind: ConfigMap}]}";
    const match = 'match: [{excludedNamespaces: ["x-*"], processes: ["*"]}]';
    assert.equal(await bed.apply(config(`{${sync}, ${match}}`)), "created");
    assert.equal(await bed.apply(configMap("one", "other")), denied("[unique] also in default"));
    assert.equal(await bed.apply(configMap("one", "x-out")), "created");
    await bed.remove("/api/v1/namespaces/default/configmaps/one");
    assert.equal(await bed.apply(configMap("one", "other")), "created");
  }));

test("mutators change first, then constraints are asked", () =>
  withGatekeeper(async (bed) => {
    await serve(bed, owned);
    await bed.apply(needs("owner", "owner") + owner + namespace("other"));
    assert.equal(await bed.apply(configMap("a")), "created");
    const made = await bed.get("/api/v1/namespaces/default/configmaps/a");
    assert.deepEqual(made["metadata"].labels, { owner: "me" });
    assert.equal(await bed.apply(configMap("a", "other")), denied("[owner] no owner"));
  }));

test("mutators that do not agree say so on both sides, until one goes", () =>
  withGatekeeper(async (bed) => {
    const assign = (name: string, location: string) => `
---
apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: ${name}}
spec:
  applyTo: [{groups: [""], kinds: [ConfigMap], versions: [v1]}]
  location: ${location}
  parameters: {assign: {value: x}}
`;
    const path = "/apis/mutations.gatekeeper.sh/v1/assign";
    const told = async () => {
      const { items } = await bed.get(path);
      return (items as readonly Fields[]).map((each) => {
        const [status] = each["status"]?.byPod ?? [];
        return `${each["metadata"].name} ${status?.enforced} ${status?.errors?.[0].type} ${status?.errors?.[0].message}`;
      });
    };
    const says = async (...wanted: readonly string[]) =>
      assert.deepEqual(await eventually(told, (lines) => lines.join() === wanted.join()), wanted);
    assert.equal(await bed.apply(assign("map", "data.a.b") + assign("other", "data.c")), "created");
    const inForce = (name: string) => `${name} true undefined undefined`;
    await says(inForce("map"), inForce("other"));
    assert.equal(await bed.apply(assign("list", "'data.a[name: n].b'")), "created");
    const id = "Assign.mutations.gatekeeper.sh";
    const conflict = `false ErrConflictingSchema the following mutators have conflicting schemas: [${id} /list ${id} /map]`;
    await says(`list ${conflict}`, `map ${conflict}`, inForce("other"));
    await bed.remove(`${path}/list`);
    await says(inForce("map"), inForce("other"));
  }));

test("status says of each process what is in force, and goes with what it is about", () =>
  withGatekeeper(async (bed) => {
    await serve(bed, owned);
    await bed.apply(needs("must-own", "owner"));
    const path = "/apis/constraints.gatekeeper.sh/v1beta1/needlabels/must-own";
    const found = await eventually(
      () => bed.get(path),
      (each) => each["status"]?.byPod !== undefined,
    );
    const [byPod] = found["status"].byPod as readonly Fields[];
    assert.deepEqual(
      { ...byPod, operations: byPod?.["operations"].length > 0 },
      {
        constraintUID: found["metadata"].uid,
        enforced: true,
        id: "sallyport",
        observedGeneration: 1,
        operations: true,
      },
    );
    const statuses = "/apis/status.gatekeeper.sh/v1beta1/namespaces/gatekeeper-system/constraintpodstatuses";
    const own = await bed.get(`${statuses}/sallyport-needlabels-must--own`);
    assert.equal(own["metadata"].labels["internal.gatekeeper.sh/constraint-name"], "must-own");
    await bed.remove(path);
    const left = await eventually(
      () => bed.get(statuses),
      (each) => each["items"]?.length === 0,
    );
    assert.deepEqual(left["items"], []);
  }));

test("check reads Gatekeeper's objects among the files, in any order, and tells the line and the field", async () => {
  const files =
    configMap("a", "default", "{owner: 1x}") + needs("owner", "team") + owned + configMap("b", "default", "{team: a}");
  const user = { username: "u", groups: ["system:masters"] };
  const { results } = await checkManifests(parseManifests("f.yaml", files), {
    policies: [],
    chain: {},
    user,
    namespace: "default",
  });
  assert.deepEqual(
    results.map(({ verdict }) => verdict),
    ["denied", "allowed", "allowed", "allowed"],
  );
  const step = results[0]?.decision?.steps.find(({ outcome }) => outcome === "denied");
  assert.deepEqual(
    step?.reasons.map(({ source }) => source),
    [
      {
        policy: "constraint NeedLabels/owner of ConstraintTemplate/needlabels",
        file: "ConstraintTemplate/needlabels",
        line: 2,
      },
    ],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import { pod, requestFor, snapshotOf, testEffects } from "../admission.fixture.ts";
import { admit } from "../admit.ts";
import type { Decision } from "../decision.ts";
import { createPolicySet } from "../policies/compile.ts";
import { emptyPolicySet } from "../policies/policy-set.ts";
import { regoPolicies } from "./rego-policies.ts";

function load(...texts: readonly string[]) {
  const result = createPolicySet(
    texts.map((text, i) => ({ name: `p${i}`, file: `p${i}.rego`, text })),
    1,
  );
  if ("error" in result) throw new Error(result.error);
  return result.set;
}

function decide(
  text: string | readonly string[],
  object: KubeObject = pod(),
  policyData: { readonly [name: string]: unknown } = {},
): Promise<Decision> {
  const snapshot = snapshotOf([], { policies: load(...[text].flat()), policyData });
  return admit(requestFor(object), snapshot, testEffects, { plugins: [regoPolicies] });
}

const registry = `package kubernetes.admission

deny contains msg if {
	some container in input.request.object.spec.containers
	not startswith(container.image, "trusted/")
	msg := sprintf("image %q is not trusted", [container.image])
}`;

test("a refusal names the policy, the line, the field and the value", async () => {
  const { allowed, status, steps } = await decide(
    registry,
    pod({
      containers: [
        { name: "a", image: "trusted/a" },
        { name: "b", image: "evil/b" },
      ],
    }),
  );
  assert.ok(!allowed);
  assert.equal(
    status?.message,
    'pods "p" is forbidden: image "evil/b" is not trusted (policy p0.rego:3, field spec.containers[1].image)',
  );
  const refusal = steps.find(({ outcome }) => outcome === "denied");
  assert.deepEqual(refusal?.reasons, [
    {
      code: "rego-deny",
      message: 'image "evil/b" is not trusted',
      fieldPath: "spec.containers[1].image",
      value: "evil/b",
      source: { policy: "kubernetes/admission/deny", file: "p0.rego", line: 3 },
    },
  ]);
});

test("what fits is admitted", async () => {
  assert.ok((await decide(registry, pod({ containers: [{ name: "a", image: "trusted/a" }] }))).allowed);
});

const rules: { readonly [what: string]: readonly [text: string, check: (decision: Decision) => void] } = {
  "violation with an object": [
    'package kubernetes.admission.x\nviolation contains {"msg": "no"}',
    ({ status }) => assert.equal(status?.message, 'pods "p" is forbidden: no (policy p0.rego:2)'),
  ],
  warn: [
    'package kubernetes.admission\nwarn contains "careful"',
    ({ allowed, warnings }) => assert.deepEqual([allowed, warnings], [true, ["careful"]]),
  ],
  patch: [
    'package kubernetes.admission\npatch contains {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}',
    ({ object }) => assert.deepEqual(object?.metadata.labels, { a: "b" }),
  ],
  "v0 syntax": [
    'package kubernetes.admission\ndeny[msg] { msg := "old" }',
    ({ status }) => assert.match(status?.message ?? "", /old/),
  ],
  "another package": ['package elsewhere\ndeny contains "no"', ({ allowed }) => assert.ok(allowed)],
  "a patch that does not apply": [
    'package kubernetes.admission\npatch contains {"op": "remove", "path": "/nope"}',
    ({ status }) =>
      assert.match(
        status?.message ?? "",
        /Internal error occurred: the patch of policy kubernetes\/admission does not apply/,
      ),
  ],
  "a conflict fails closed": [
    "package kubernetes.admission\ndeny contains x if { x := y }\ny := 1\ny := 2",
    ({ allowed, status }) =>
      assert.deepEqual([allowed, status?.code, /eval_conflict_error/.test(status?.message ?? "")], [false, 500, true]),
  ],
  "system.main refuses": [
    'package system\nmain := {"response": {"allowed": false, "status": {"message": "by main"}}}',
    ({ status }) => assert.equal(status?.message, 'pods "p" is forbidden: by main'),
  ],
  "system.main patches": [
    `package system\nmain := {"response": {"allowed": true, "patch": base64.encode("[{\\"op\\":\\"add\\",\\"path\\":\\"/metadata/labels\\",\\"value\\":{\\"m\\":\\"1\\"}}]")}}`,
    ({ object }) => assert.deepEqual(object?.metadata.labels, { m: "1" }),
  ],
  "system.main without an answer fails closed": [
    "package system\nmain := 1",
    ({ status }) => assert.equal(status?.code, 500),
  ],
};

for (const [what, [text, check]] of Object.entries(rules)) {
  test(`policies: ${what}`, async () => check(await decide(text)));
}

test("policies read the data that is current", async () => {
  const text = 'package kubernetes.admission\ndeny contains "taken" if data.kubernetes.pods.default.p';
  const data: { [name: string]: unknown } = { kubernetes: { pods: { default: {} } } };
  assert.ok((await decide(text, pod(), data)).allowed);
  (data["kubernetes"] as { pods: { default: { [name: string]: unknown } } }).pods.default["p"] = {};
  assert.ok(!(await decide(text, pod(), data)).allowed);
});

test("an endless policy is cut", async () => {
  const text =
    "package kubernetes.admission\ndeny contains x if { xs := numbers.range(1, 3000); some a in xs; some b in xs; some c in xs; x := a + b + c; x < 0 }";
  let time = 0;
  const effects = { ...testEffects, ticks: () => (time += 50_000) };
  const decision = await admit(requestFor(pod()), snapshotOf([], { policies: load(text) }), effects, {
    plugins: [regoPolicies],
  });
  assert.match(decision.status?.message ?? "", /eval_cancel_error/);
});

const broken: { readonly [what: string]: readonly [text: string, error: RegExp] } = {
  syntax: ["package p\nx :=", /^p\.rego:2: rego_parse_error/],
  safety: ["package p\nx if y == 1", /^p\.rego:2: rego_unsafe_var_error: var y is unsafe/],
  "unknown functions": ["package p\nx if nope(1)", /rego_type_error: undefined function nope/],
};

for (const [what, [text, error]] of Object.entries(broken)) {
  test(`broken policies say what and where: ${what}`, () => {
    const result = createPolicySet([{ name: "p", file: "p.rego", text }], 1);
    assert.match("error" in result ? result.error : "", error);
  });
}

test("no policy at all", async () => {
  const { allowed, steps } = await admit(requestFor(pod()), snapshotOf([], { policies: emptyPolicySet }), testEffects, {
    plugins: [regoPolicies],
  });
  assert.deepEqual([allowed, steps.map(({ outcome }) => outcome)], [true, ["skipped", "skipped"]]);
});

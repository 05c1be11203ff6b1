import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkManifests } from "../check/checker.ts";
import { InputError, parseManifests } from "../manifests.ts";
import { StaticManifests } from "./static-manifests.ts";

function policy(name: string, more = ""): string {
  return `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: ${name}}
spec:
  matchConstraints: {resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: [CREATE], resources: ["*"]}]}
  validations: [{expression: "object.metadata.name != 'bad'", message: no bad names}]
  ${more}
---`;
}

function binding(name: string, policyName: string, more = ""): string {
  return `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: ${name}}
spec: {policyName: ${policyName}, validationActions: [Deny]${more}}
---`;
}

const deny = policy("deny.static.k8s.io") + binding("deny.static.k8s.io", "deny.static.k8s.io");

function withFolder<Answer>(run: (folder: string) => Answer): Answer {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-static-"));
  const end = () => rmSync(folder, { recursive: true, force: true });
  const answer = run(folder);
  if (!(answer instanceof Promise)) end();
  else void answer.finally(end).catch(() => {});
  return answer;
}

/** What comes of objects where a folder holds these texts. */
function checked(text: string, ...files: readonly string[]): Promise<readonly string[]> {
  return withFolder(async (folder) => {
    for (const [i, each] of files.entries()) writeFileSync(join(folder, `${i}.yaml`), each);
    const statics = new StaticManifests();
    statics.add("ValidatingAdmissionPolicy", folder);
    const { results } = await checkManifests(parseManifests("f", text), {
      policies: [],
      chain: { statics },
      user: { username: "jane", groups: ["system:masters"] },
      namespace: "default",
    });
    return results.map(({ verdict, message }) => (message === undefined ? verdict : message));
  });
}

const refusal =
  "ValidatingAdmissionPolicy 'deny.static.k8s.io' with binding 'deny.static.k8s.io' denied request: no bad names";
const map = (name: string) => `\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n---\n`;
const webhook = `apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: bad}\n---\n`;
const reserved = (kind: string, name: string) =>
  `${kind}.admissionregistration.k8s.io "${name}" is invalid: metadata.name: Invalid value: "${name}": names ending with ".static.k8s.io" are reserved for static manifest-based configurations and cannot be managed via the API`;

const cases: {
  readonly [what: string]: readonly [text: string, files: readonly string[], answers: readonly string[]];
} = {
  "a policy of a file refuses": [
    map("bad") + map("good"),
    [deny],
    [`configmaps "bad" is forbidden: ${refusal}`, "allowed"],
  ],
  "also configurations of the API": [
    webhook,
    [deny],
    [`validatingwebhookconfigurations.admissionregistration.k8s.io "bad" is forbidden: ${refusal}`],
  ],
  "a binding of the API binds no policy of a file": [
    binding("b", "loose.static.k8s.io") + map("bad"),
    [policy("loose.static.k8s.io")],
    ["allowed", "allowed"],
  ],
  "names of files are not the API's": [
    policy("x.static.k8s.io"),
    [],
    [reserved("ValidatingAdmissionPolicy", "x.static.k8s.io")],
  ],
  "a List, and other files beside it": [
    map("bad"),
    [
      `apiVersion: v1\nkind: List\nitems: [${JSON.stringify(parseManifests("", deny).map(({ value }) => value)).slice(1, -1)}]`,
      "",
    ],
    [`configmaps "bad" is forbidden: ${refusal}`],
  ],
};

for (const [what, [text, files, answers]] of Object.entries(cases))
  test(`static manifests: ${what}`, async () => assert.deepEqual(await checked(text, ...files), answers));

/** Of the file `0.yaml`; `DIR` is its folder. */
const faults: { readonly [what: string]: readonly [text: string, message: string, plugin?: string] } = {
  "a name without the suffix": [
    policy("x"),
    'error loading DIR/0.yaml: "x" in file "DIR/0.yaml" must have a name ending with ".static.k8s.io"',
  ],
  "a name twice": [
    deny + policy("deny.static.k8s.io"),
    'error loading DIR/0.yaml: duplicate name "deny.static.k8s.io" found in file "DIR/0.yaml" (previously seen in "DIR/0.yaml")',
  ],
  "a binding of the API's policy": [
    binding("y.static.k8s.io", "other"),
    'error loading DIR/0.yaml: binding "y.static.k8s.io": spec.policyName "other" must end with ".static.k8s.io"',
  ],
  "a binding of no policy": [
    binding("y.static.k8s.io", "other.static.k8s.io"),
    'binding "y.static.k8s.io" references policy "other.static.k8s.io" which does not exist in the manifest directory',
  ],
  parameters: [
    binding("y.static.k8s.io", "x.static.k8s.io", ", paramRef: {name: p, parameterNotFoundAction: Deny}"),
    'error loading DIR/0.yaml: binding "y.static.k8s.io": spec.paramRef is not supported for static manifests',
  ],
  "a kind of parameters": [
    policy("x.static.k8s.io", "paramKind: {apiVersion: v1, kind: ConfigMap}"),
    'error loading DIR/0.yaml: ValidatingAdmissionPolicy "x.static.k8s.io": spec.paramKind is not supported for static manifests',
  ],
  "what the API would refuse": [
    binding("y.static.k8s.io", "x.static.k8s.io", ", paramRef: {name: x}"),
    'error loading DIR/0.yaml: ValidatingAdmissionPolicyBinding "y.static.k8s.io": spec.paramRef.parameterNotFoundAction: Required value',
  ],
  "an unknown field": [
    binding("y.static.k8s.io", "x.static.k8s.io", ", parmRef: {name: x}"),
    'error loading DIR/0.yaml: strict decoding error: unknown field "spec.parmRef"',
  ],
  "another plugin's kind": [
    webhook,
    "error loading DIR/0.yaml: unsupported resource type *v1.ValidatingWebhookConfiguration",
  ],
  "another kind": [map("x"), 'error loading DIR/0.yaml: no kind "ConfigMap" is registered for version "v1"'],
  "a service": [
    `apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: x.static.k8s.io}\nwebhooks: [{name: a.b.c, sideEffects: None, admissionReviewVersions: [v1], clientConfig: {service: {namespace: ns, name: s}}}]`,
    'error loading DIR/0.yaml: webhook "a.b.c" in "x.static.k8s.io" (file "DIR/0.yaml"): clientConfig.service is not supported for static manifests; use clientConfig.url instead',
    "ValidatingAdmissionWebhook",
  ],
};

for (const [what, [text, message, plugin = "ValidatingAdmissionPolicy"]] of Object.entries(faults))
  test(`static manifests: ${what} is refused`, () =>
    withFolder((folder) => {
      writeFileSync(join(folder, "0.yaml"), text);
      const kind = plugin.endsWith("Policy") ? "policy" : "webhook";
      const whole = `failed to load static ${kind} manifests from "DIR": ${message}`.replaceAll("DIR", folder);
      assert.throws(() => new StaticManifests().add(plugin, folder), new InputError(whole));
    }));

test("static manifests: folders that are none", () => {
  const add = (path: string) => () => new StaticManifests().add("MutatingAdmissionPolicy", path);
  assert.throws(add("policies"), /staticManifestsDir: Invalid value: "policies": must be an absolute file path/);
  assert.throws(
    add("/nowhere/at/all"),
    /Invalid value: "\/nowhere\/at\/all": unable to read: no such file or directory/,
  );
});

test("static manifests: changes are read again; while something is wrong, what was there stays", () =>
  withFolder(async (folder) => {
    const write = (text: string) => {
      writeFileSync(join(folder, "new"), text);
      renameSync(join(folder, "new"), join(folder, "a.yaml"));
    };
    write(deny);
    const statics = new StaticManifests();
    statics.add("ValidatingAdmissionPolicy", folder);
    const said: string[] = [];
    const heard: (() => void)[] = [];
    const stop = statics.follow((text) => {
      said.push(text);
      heard.shift()?.();
    });
    const next = () => new Promise<void>((done) => heard.push(done));
    const names = () => statics.list("validatingadmissionpolicies").map(({ metadata }) => metadata.name);
    try {
      write(policy("broken"));
      await next();
      assert.match(said[0] ?? "", /must have a name ending with ".static.k8s.io"; what was in force stays$/);
      assert.deepEqual(names(), ["deny.static.k8s.io"]);
      write(policy("z.static.k8s.io") + deny);
      await next();
      assert.deepEqual(
        [said[1], names()],
        [`ValidatingAdmissionPolicy: ${folder} was read again`, ["deny.static.k8s.io", "z.static.k8s.io"]],
      );
    } finally {
      stop();
    }
  }));

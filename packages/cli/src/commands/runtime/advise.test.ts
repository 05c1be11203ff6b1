import assert from "node:assert/strict";
import { test } from "node:test";
import { checkManifests } from "../../check/checker.ts";
import { type Manifest, parseManifests } from "../../manifests.ts";
import { adviceOf, enforcement } from "./advise.ts";

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { a: b } }
  template:
    metadata: { labels: { a: b } }
    spec:
      containers: [{ name: c, image: web, securityContext: { capabilities: { add: [NET_ADMIN] } } }]
`;
const pod = (name: string, namespace: string, fields: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ${fields}, containers: [{ name: c, image: web }] }
`;

function adviceOn(...documents: readonly string[]) {
  return adviceOf(parseManifests("a.yaml", documents.join("\n---\n")), "default");
}

test("workloads are advised by their pods, with paths as in the file", () => {
  const [advice] = adviceOn(web);
  assert.deepEqual(
    [advice?.kind, advice?.namespace, advice?.name, advice?.handler, advice?.uses.map(({ path }) => path)],
    ["Deployment", "shop", "web", "runsc", ["spec.template.spec.containers[0].securityContext.capabilities.add[0]"]],
  );
});

test("pods of Windows, and what runs none, are passed over", () => {
  assert.deepEqual(adviceOn(pod("w", "default", "os: { name: windows }"), "kind: ConfigMap\napiVersion: v1\n"), []);
});

test("a class has the overhead that was measured, beyond what a pod of runc takes", () => {
  const cost = (handler: string, memoryMiB: number) =>
    ({ handler, version: "1", startMs: 1, execMs: 1, callsMs: 1, filesMs: 1, memoryMiB }) as const;
  const [gvisor] = enforcement(adviceOn(web), [cost("runc", 0.5), cost("runsc", 30.6)]);
  assert.deepEqual((gvisor as { overhead?: object }).overhead, { podFixed: { memory: "31Mi" } });
  const [plain] = enforcement(adviceOn(web), [{ handler: "runsc", reason: "absent" }]);
  assert.ok(!("overhead" in (plain as object)));
});

test("a namespace whose pods need the node's kernel is held to nothing", () => {
  assert.deepEqual(enforcement(adviceOn(pod("a", "infra", "hostPID: true"))), []);
});

test("what is printed enforces it: the API takes it, and pods without the class are refused", async () => {
  const made = enforcement(adviceOn(web, pod("b", "other", "hostNetwork: true")));
  const namespaces = ["shop", "other"].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } }));
  const pods = [
    pod("classless", "shop", "restartPolicy: Never"),
    pod("right", "shop", "runtimeClassName: gvisor"),
    pod("elsewhere", "other", "restartPolicy: Never"),
  ];
  const manifests = [...namespaces, ...made].map((value, line) => ({ file: "a", line, value }) as unknown as Manifest);
  const { results } = await checkManifests([...manifests, ...pods.flatMap((each) => parseManifests("b", each))], {
    policies: [],
    chain: {},
    namespace: "default",
    user: { username: "kubernetes-admin", groups: ["system:masters", "system:authenticated"] },
  });
  const told = results.map(({ kind, name, verdict, message = "" }) => [`${kind} ${name} ${verdict}`, message] as const);
  assert.deepEqual(
    told.filter(([, message]) => message !== ""),
    [
      [
        "Pod classless denied",
        "pods \"classless\" is forbidden: ValidatingAdmissionPolicy 'runtime-class-of-shop' with binding 'runtime-class-of-shop' denied request: pods of this namespace run with runtimeClassName gvisor",
      ],
    ],
  );
  assert.deepEqual(
    told.map(([text]) => text),
    [
      "Namespace shop allowed",
      "Namespace other allowed",
      "RuntimeClass gvisor allowed",
      "ValidatingAdmissionPolicy runtime-class-of-shop allowed",
      "ValidatingAdmissionPolicyBinding runtime-class-of-shop allowed",
      "Pod classless denied",
      "Pod right allowed",
      "Pod elsewhere allowed",
    ],
  );
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { type ClientBed, type Outcome, withClients } from "./client-bed.ts";
import { findClient } from "./find-client.ts";
import { neverReady, playPods } from "./pod-player.ts";

// Each helm of its own version runs all tests: the packaged one, and those in `SALLYPORT_KUBECTLS` beside the kubectls that they came with.

const kubectl = findClient("kubectl", ["version", "--client"], "kubectl/kubectl");

interface Helm {
  readonly path: string;
  /** `v4.1.4` */
  readonly version: string;
}

function versionOf(path: string): string {
  const { stdout } = spawnSync(path, ["version", "--template", "{{.Version}}"], { encoding: "utf8", timeout: 20_000 });
  return stdout?.trim() ?? "";
}

/** One of each version. */
function findHelms(): readonly Helm[] {
  const packaged = findClient("helm", ["version"], "helm/helm");
  const folder = process.env["SALLYPORT_KUBECTLS"];
  const others = folder === undefined ? [] : globSync(join(folder, "v1.*", "helm")).toSorted();
  const found = [...(packaged === undefined ? [] : [packaged]), ...others];
  const byVersion = new Map(found.map((path) => [versionOf(path), path]));
  return [...byVersion].map(([version, path]) => ({ version, path })).filter(({ version }) => version !== "");
}

const helms = findHelms();

/** Helm 3 takes an upgrade back by another name, and applies by itself. */
function isOld({ version }: Helm): boolean {
  return version.startsWith("v3.");
}

function testHelm(what: string, run: (helm: Helm) => Promise<void>): void {
  if (helms.length === 0)
    test(`helm ${what}`, { skip: "no helm on the PATH, in HELM, or in its npm package" }, () => {});
  for (const helm of helms) test(`helm ${helm.version} ${what}`, () => run(helm));
}

const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: gates.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { kind: Gate, plural: gates, singular: gate }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object, properties: { doors: { type: integer, default: 2 } } }
`;

const gate = `
apiVersion: example.com/v1
kind: Gate
metadata: { name: {{ .Release.Name }} }
spec: {}
`;

const settings = `
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }} }
data:
  colour: {{ .Values.colour | quote }}
  version: {{ .Capabilities.KubeVersion.Version }}
  knowsGates: {{ .Capabilities.APIVersions.Has "example.com/v1" | quote }}
  before: {{ with (lookup "v1" "ConfigMap" .Release.Namespace "given") }}{{ .data.word }}{{ else }}none{{ end }}
`;

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata:
      labels: { app: {{ .Release.Name }} }
      annotations: { {{ .Values.annotation }}: "x" }
    spec:
      containers: [{ name: web, image: "nginx:{{ .Values.tag }}" }]
`;

const service = `
apiVersion: v1
kind: Service
metadata: { name: {{ .Release.Name }} }
spec: { selector: { app: {{ .Release.Name }} }, ports: [{ port: 80 }] }
`;

/** A hook that helm waits for. */
const hook = (name: string, on: string) => `
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-${name}
  annotations: { helm.sh/hook: "${on}", helm.sh/hook-delete-policy: before-hook-creation }
spec:
  template: { spec: { restartPolicy: Never, containers: [{ name: c, image: busybox }] } }
`;

const check = `
apiVersion: v1
kind: Pod
metadata: { name: {{ .Release.Name }}-check, annotations: { helm.sh/hook: test } }
spec: { restartPolicy: Never, containers: [{ name: c, image: busybox }] }
`;

const chart: { readonly [file: string]: string } = {
  "Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: 1.0.0\n",
  "values.yaml": 'replicas: 1\ntag: "1"\ncolour: red\nannotation: plain\n',
  "crds/gate.yaml": crd,
  "templates/gate.yaml": gate,
  "templates/settings.yaml": settings,
  "templates/deployment.yaml": deployment,
  "templates/service.yaml": service,
  "templates/before.yaml": hook("before", "pre-install,pre-upgrade"),
  "templates/after.yaml": hook("after", "post-delete"),
  "templates/tests/check.yaml": check,
  "templates/NOTES.txt": "{{ .Release.Name }} is {{ .Values.colour }}\n",
};

interface HelmBed extends ClientBed {
  readonly helm: (...args: readonly string[]) => Promise<Outcome>;
  /** The same when it must succeed: its output. */
  readonly ok: (...args: readonly string[]) => Promise<string>;
  readonly find: (group: string, resource: string, name: string) => unknown;
}

/** As a node would register itself, and say that it is well. */
async function addNode({ call }: ClientBed): Promise<void> {
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" } };
  assert.equal(await call("POST", "/api/v1/nodes", node), 201);
  const capacity = { cpu: "8", memory: "8Gi", pods: "110" };
  const conditions = [{ type: "Ready", status: "True", reason: "Played", message: "" }];
  const status = { capacity, allocatable: capacity, conditions };
  assert.equal(await call("PATCH", "/api/v1/nodes/n/status", { status }), 200);
  assert.equal(await call("PATCH", "/api/v1/nodes/n", { spec: { taints: null } }), 200);
}

/** A server with a node whose pods are said to run, and the chart in the folder `web`. */
function withHelm({ path }: Helm, run: (bed: HelmBed) => Promise<void>): Promise<void> {
  return withClients(
    async (bed) => {
      for (const [file, text] of Object.entries(chart)) {
        mkdirSync(dirname(join(bed.folder, "web", file)), { recursive: true });
        writeFileSync(join(bed.folder, "web", file), text);
      }
      await addNode(bed);
      const stop = playPods(bed);
      const call = (...args: readonly string[]) => bed.run(path, args);
      const ok = async (...args: readonly string[]) => {
        const { code, out, err } = await call(...args);
        assert.equal(code, 0, `helm ${args.join(" ")}: ${err}`);
        return out;
      };
      const find = (group: string, resource: string, name: string) =>
        bed.server.cache.get(group, resource, "default", name);
      try {
        await run({ ...bed, helm: call, ok, find });
      } finally {
        await stop();
      }
    },
    { controllers: ["*", "scheduler"] },
  );
}

const wait = ["--wait", "--timeout", "50s"];

testHelm("installs, upgrades, rolls back, tests and uninstalls a chart with definitions and hooks", (helm) =>
  withHelm(helm, async ({ ok, find, server }) => {
    const colour = () => (find("", "configmaps", "a") as { data: { [name: string]: string } }).data["colour"];
    const replicas = () => (find("apps", "deployments", "a") as { spec: { replicas: number } }).spec.replicas;
    assert.match(await ok("install", "a", "web", ...wait), /STATUS: deployed[\s\S]*a is red/);
    const version = "v1.37.0+sallyport.test";
    assert.deepEqual((find("", "configmaps", "a") as { data: object }).data, {
      colour: "red",
      version,
      knowsGates: "true",
      before: "none",
    });
    assert.deepEqual((find("example.com", "gates", "a") as { spec: object }).spec, { doors: 2 });
    assert.ok(find("batch", "jobs", "a-before") !== undefined, "the hook before the installation has run");
    await ok("upgrade", "a", "web", "--set", "colour=blue,replicas=2,tag=2", ...wait);
    assert.deepEqual([colour(), replicas()], ["blue", 2]);
    const listed = JSON.parse(await ok("list", "-o", "json")) as readonly { [name: string]: string }[];
    assert.deepEqual(
      listed.map(({ name, revision, status }) => [name, revision, status]),
      [["a", "2", "deployed"]],
    );
    assert.equal(JSON.parse(await ok("get", "values", "a", "-o", "json")).colour, "blue");
    assert.match(await ok("get", "manifest", "a"), /kind: Deployment/);
    assert.match(await ok("get", "hooks", "a"), /helm.sh\/hook: "?test"?/);
    assert.match(await ok("test", "a", "--timeout", "50s"), /Phase:\s+Succeeded/);
    await ok("rollback", "a", "1", ...wait);
    assert.deepEqual([colour(), replicas()], ["red", 1]);
    const history = JSON.parse(await ok("history", "a", "-o", "json")) as readonly { [name: string]: string }[];
    assert.deepEqual(
      history.map(({ status }) => status),
      ["superseded", "superseded", "deployed"],
    );
    await ok("uninstall", "a", ...wait);
    for (const [group, resource] of [
      ["", "configmaps"],
      ["apps", "deployments"],
      ["example.com", "gates"],
    ] as const)
      assert.equal(find(group, resource, "a"), undefined, resource);
    assert.deepEqual(server.cache.list("", "secrets", "default"), []);
    assert.ok(server.cache.get("apiextensions.k8s.io", "customresourcedefinitions", "", "gates.example.com"));
  }),
);

testHelm("takes an upgrade back that does not become ready, or is refused", (helm) =>
  withHelm(helm, async ({ ok, helm: call, find }) => {
    await ok("install", "a", "web", ...wait);
    const unready = `annotation=${neverReady.replaceAll(".", "\\.")},colour=blue`;
    const takeBack = isOld(helm) ? "--atomic" : "--rollback-on-failure";
    const late = await call("upgrade", "a", "web", "--set", unready, takeBack, "--timeout", "8s");
    assert.equal(late.code, 1);
    assert.match(late.err, /rolled back|not ready/);
    assert.equal((find("", "configmaps", "a") as { data: { colour: string } }).data.colour, "red");
    const refused = await call("upgrade", "a", "web", "--set", "replicas=-1");
    assert.equal(refused.code, 1);
    assert.match(refused.err, /spec\.replicas: Invalid value: -1: must be greater than or equal to 0/);
    const client = isOld(helm) ? [] : ["--server-side=false"];
    await ok("upgrade", "a", "web", ...client, "--set", "colour=green", ...wait);
    assert.equal((find("", "configmaps", "a") as { data: { colour: string } }).data.colour, "green");
  }),
);

testHelm("prints what it would install with what the server knows, and stores nothing", (helm) =>
  withHelm(helm, async ({ ok, find, run }) => {
    const given = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "given" }, data: { word: "known" } };
    const made = await run(kubectl as string, ["create", "-f", "-"], { stdin: JSON.stringify(given) });
    assert.equal(made.code, 0, made.err);
    const defined = await run(kubectl as string, ["create", "-f", "web/crds/gate.yaml"]);
    assert.equal(defined.code, 0, defined.err);
    await run(kubectl as string, ["wait", "--for=condition=Established", "crd/gates.example.com"]);
    assert.match(await ok("install", "b", "web", "--dry-run=server"), /before: known[\s\S]*b is red/);
    assert.equal(find("", "configmaps", "b"), undefined);
  }),
);

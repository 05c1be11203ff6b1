import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { injectPod } from "./inject-pod.ts";
import { podOf, settings } from "./injection.fixture.ts";
import type { Container, Pod } from "./pod.ts";
import type { SidecarSettings } from "./sidecar.ts";
import { uninjectPod } from "./uninject-pod.ts";

function injected(pod: Pod, given: Partial<SidecarSettings> = {}): Pod {
  const injection = injectPod(pod, { ...settings, ...given });
  assert.equal(injection.outcome, "injected");
  return (injection as { pod: Pod }).pod;
}

const names = (containers: readonly Container[] | undefined) => containers?.map(({ name }) => name);
const proxyOf = ({ spec }: Pod) =>
  [...(spec.initContainers ?? []), ...spec.containers].find(({ name }) => name === "istio-proxy") as Container;

test("where the containers stand", () => {
  const pod = podOf({}, { initContainers: [{ name: "migrate" }] });
  const native = injected(pod);
  assert.deepEqual(names(native.spec.initContainers), ["istio-init", "istio-proxy", "migrate"]);
  assert.deepEqual(names(native.spec.containers), ["app"]);
  assert.equal(proxyOf(native).restartPolicy, "Always");

  const plain = injected(pod, { nativeSidecar: false });
  assert.deepEqual(names(plain.spec.initContainers), ["migrate", "istio-init"]);
  assert.deepEqual(names(plain.spec.containers), ["app", "istio-proxy"]);
  assert.equal(proxyOf(plain).restartPolicy, undefined);

  const byNode = injected(pod, { rules: "node" });
  assert.deepEqual(names(byNode.spec.initContainers), ["istio-proxy", "migrate"]);
  const annotated = injected(podOf({ annotations: { "sidecar.istio.io/nativeSidecar": "false" } }), { rules: "node" });
  assert.deepEqual(names(annotated.spec.containers), ["app", "istio-proxy"]);
  assert.equal(annotated.spec.initContainers, undefined);
});

test("the sidecar may do nothing, and has the token by which it proves whose it is", () => {
  const { spec } = injected(podOf());
  assert.deepEqual(proxyOf(injected(podOf())).securityContext, {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsGroup: 1337,
    runAsNonRoot: true,
    runAsUser: 1337,
    seccompProfile: { type: "RuntimeDefault" },
  });
  assert.deepEqual(spec.volumes, [
    {
      name: "istio-token",
      projected: {
        sources: [{ serviceAccountToken: { audience: "istio-ca", expirationSeconds: 43_200, path: "istio-token" } }],
      },
    },
    { name: "istiod-ca-cert", configMap: { name: "istio-ca-root-cert" } },
  ]);
});

test("labels and annotations, none in place of what the owner has", () => {
  const { metadata } = injected(
    podOf({
      generateName: "web-5c8-",
      labels: { "pod-template-hash": "5c8", version: "v2", "security.istio.io/tlsMode": "disabled" },
      annotations: { "kubectl.kubernetes.io/default-container": "other" },
    }),
  );
  assert.deepEqual(metadata.labels, {
    "pod-template-hash": "5c8",
    version: "v2",
    "security.istio.io/tlsMode": "disabled",
    "service.istio.io/canonical-name": "web",
    "service.istio.io/canonical-revision": "v2",
  });
  assert.equal(injected(podOf()).metadata.labels?.["security.istio.io/tlsMode"], "istio");
  const { "sidecar.istio.io/status": status = "", ...annotations } = metadata.annotations ?? {};
  assert.deepEqual(annotations, {
    "istio.io/rev": "default",
    "kubectl.kubernetes.io/default-container": "other",
    "kubectl.kubernetes.io/default-logs-container": "app",
  });
  assert.deepEqual(JSON.parse(status), {
    initContainers: ["istio-init", "istio-proxy"],
    containers: [],
    volumes: ["istio-token", "istiod-ca-cert"],
    imagePullSecrets: null,
    revision: "default",
    labels: ["service.istio.io/canonical-name", "service.istio.io/canonical-revision"],
    annotations: ["istio.io/rev", "kubectl.kubernetes.io/default-logs-container"],
  });
});

test("rules as annotations ask for them", () => {
  const rulesOf = (annotations: { readonly [name: string]: string }) =>
    injected(podOf({ annotations })).spec.initContainers?.find(({ name }) => name === "istio-init")?.["args"];
  const base = ["mesh", "redirect", "--apply"];
  assert.deepEqual(rulesOf({}), [...base, "--exclude-inbound-ports=15090,15021,15020"]);
  assert.deepEqual(
    rulesOf({
      "traffic.sidecar.istio.io/includeInboundPorts": "",
      "traffic.sidecar.istio.io/excludeOutboundIPRanges": "10.0.0.0/8",
      "status.sidecar.istio.io/port": "15999",
    }),
    [
      ...base,
      "--include-inbound-ports=",
      "--exclude-inbound-ports=15090,15021,15999",
      "--exclude-outbound-ranges=10.0.0.0/8",
    ],
  );
  assert.equal(rulesOf({ "sidecar.istio.io/interceptionMode": "NONE" }), undefined);
});

test("resources: what is said of one says all", () => {
  const of = (annotations: { readonly [name: string]: string }) =>
    proxyOf(injected(podOf({ annotations })))["resources"];
  assert.deepEqual(of({}), { limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "100m", memory: "128Mi" } });
  assert.deepEqual(of({ "sidecar.istio.io/proxyCPU": "1m" }), { requests: { cpu: "1m" } });
  assert.deepEqual(of({ "sidecar.istio.io/proxyMemoryLimit": "2Gi" }), { limits: { memory: "2Gi" } });
});

test("what the owner says of the sidecar himself", () => {
  const own: Container = {
    name: "istio-proxy",
    image: "auto",
    env: [{ name: "A", value: "b" }],
    terminationMessagePath: "/x",
  };
  const pod = podOf({}, { containers: [...podOf().spec.containers, own] });
  const made = injected(pod);
  assert.deepEqual(names(made.spec.containers), ["app"]);
  const proxy = proxyOf(made);
  assert.equal(proxy.image, settings.image);
  assert.equal(proxy["terminationMessagePath"], "/x");
  assert.ok(proxy.env?.some(({ name }) => name === "A"));
  assert.ok(proxy.env?.some(({ name }) => name === "POD_NAME"));
  assert.deepEqual(injected(made), made);
  assert.deepEqual(uninjectPod(made), pod);
});

test("probes are asked of the sidecar, unless the owner says otherwise", () => {
  const containers = [{ name: "app", livenessProbe: { httpGet: { path: "/l", port: 80 } } }];
  const probe = (annotations: { readonly [name: string]: string }) => {
    const pod = injected(podOf({ annotations }, { containers }));
    const told = proxyOf(pod).env?.find(({ name }) => name === "ISTIO_KUBE_APP_PROBERS")?.value;
    return [pod.spec.containers[0]?.livenessProbe?.httpGet?.port, told];
  };
  assert.deepEqual(probe({}), [15_020, '{"/app-health/app/livez":{"httpGet":{"path":"/l","port":80}}}']);
  assert.deepEqual(probe({ "sidecar.istio.io/rewriteAppHTTPProbers": "false" }), [80, undefined]);
  assert.deepEqual(probe({ "status.sidecar.istio.io/port": "0" }), [80, undefined]);
});

test("no sidecar is made of annotations that are wrong", () => {
  const annotations = { "traffic.sidecar.istio.io/excludeInboundPorts": "http", "sidecar.istio.io/proxyCPU": "x" };
  const injection = injectPod(podOf({ annotations }), settings);
  assert.equal(injection.outcome, "refused");
  assert.equal((injection as { faults: readonly string[] }).faults.length, 2);
});

test("who runs as the sidecar's user is told of", () => {
  const spec = {
    securityContext: { runAsUser: 1337 },
    initContainers: [{ name: "i", securityContext: { runAsUser: 1 } }],
  };
  const injection = injectPod(podOf({}, spec), settings);
  assert.deepEqual((injection as { warnings: readonly string[] }).warnings, [
    "container app runs as user 1337, the sidecar's: what it sends is not seen by the mesh",
  ]);
});

test("a status that anybody could have written takes nothing away but what it names", () => {
  for (const text of ["", "null", "[]", "{", '{"containers":"app"}', '{"volumes":[null,{}]}'])
    assert.deepEqual(
      injected(podOf({ annotations: { "sidecar.istio.io/status": text } })).spec,
      injected(podOf()).spec,
      text,
    );
});

const plain = { noNullPrototype: true };
const port = fc.integer({ min: 1, max: 9999 });
const probe = fc.oneof(
  fc.record({ httpGet: fc.record({ port, path: fc.constantFrom("/", "/x") }, plain) }, plain),
  fc.record({ tcpSocket: fc.record({ port }, plain), timeoutSeconds: fc.nat(9) }, plain),
  fc.record({ exec: fc.constant({ command: ["true"] }) }, plain),
);
/** No two containers of a pod have the same name. */
const containersOf = (...names: readonly string[]) => {
  const fields = { name: fc.constantFrom(...names), readinessProbe: probe, startupProbe: probe };
  const container = fc.record(fields, { ...plain, requiredKeys: ["name"] });
  return fc.uniqueArray(container, { minLength: 1, selector: ({ name }) => name });
};
const map = fc.uniqueArray(fc.constantFrom("app", "version", "security.istio.io/tlsMode", "istio.io/rev"), {
  minLength: 1,
});
const pods = fc.record({
  containers: containersOf("a", "b"),
  initContainers: containersOf("c", "d"),
  labels: map,
  annotations: map,
});

test("twice is once, and what was added can be taken away", () => {
  fc.assert(
    fc.property(pods, fc.boolean(), fc.constantFrom("init", "node"), (given, nativeSidecar, rules) => {
      const { containers, initContainers } = given;
      const filled = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, "x"]));
      const pod = podOf(
        { labels: filled(given.labels), annotations: filled(given.annotations) },
        { containers: containers as readonly Container[], initContainers: initContainers as readonly Container[] },
      );
      const made = injected(pod, { nativeSidecar, rules: rules as SidecarSettings["rules"] });
      assert.deepEqual(injected(made, { nativeSidecar, rules: rules as SidecarSettings["rules"] }), made);
      assert.deepEqual(uninjectPod(made), pod);
    }),
  );
});

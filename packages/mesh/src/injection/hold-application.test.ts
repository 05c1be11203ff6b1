import assert from "node:assert/strict";
import { test } from "node:test";
import { annotationFaults } from "./annotations.ts";
import { injectPod } from "./inject-pod.ts";
import { podOf, settings } from "./injection.fixture.ts";
import type { Pod } from "./pod.ts";

const annotation = (text: string) => ({ "proxy.istio.io/config": text });

/** Names in their order, and what the sidecar waits by. */
function containersOf(text: string, nativeSidecar: boolean): readonly [readonly string[], unknown] {
  const injection = injectPod(podOf({ annotations: annotation(text) }), { ...settings, nativeSidecar });
  assert.equal(injection.outcome, "injected");
  const { containers, initContainers = [] } = (injection as { pod: Pod }).pod.spec;
  const proxy = [...containers, ...initContainers].find(({ name }) => name === "istio-proxy");
  return [containers.map(({ name }) => name), proxy?.lifecycle?.postStart];
}

const wait = { exec: { command: ["node", "/sallyport/bin/sallyport.js", "mesh", "wait"] } };
const cases: readonly (readonly [string, string, boolean, readonly [readonly string[], unknown]])[] = [
  ["holds", "holdApplicationUntilProxyStarts: true", false, [["istio-proxy", "app"], wait]],
  ["holds in JSON", '{ "holdApplicationUntilProxyStarts": true }', false, [["istio-proxy", "app"], wait]],
  ["does not", "holdApplicationUntilProxyStarts: false", false, [["app", "istio-proxy"], undefined]],
  ["says other things", "concurrency: 2", false, [["app", "istio-proxy"], undefined]],
  ["holds, where the sidecar comes first anyway", "holdApplicationUntilProxyStarts: true", true, [["app"], undefined]],
];

for (const [name, text, native, expected] of cases)
  test(`a ProxyConfig that ${name}`, () => assert.deepEqual(containersOf(text, native), expected));

for (const text of ["holdApplicationUntilProxyStarts: yes please", "a: [", "[]"])
  test(`no ProxyConfig: ${text}`, () =>
    assert.deepEqual(annotationFaults(annotation(text)), [
      `invalid value '${text}' for annotation 'proxy.istio.io/config': expected YAML such as holdApplicationUntilProxyStarts: true`,
    ]));

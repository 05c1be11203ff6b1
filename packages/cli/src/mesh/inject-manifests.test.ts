import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { InputError, parseManifests } from "../manifests.ts";
import { injectManifests, uninjectManifests } from "./inject-manifests.ts";
import { addSidecarOptions, type SidecarFlags, sidecarSettings } from "./sidecar-flags.ts";

const settings = sidecarSettings(addSidecarOptions(new Command()).parse([], { from: "user" }).opts<SidecarFlags>());

const text = `
apiVersion: batch/v1
kind: CronJob
metadata: { name: tidy }
spec: { schedule: "* * * * *", jobTemplate: { spec: { template: { metadata: { labels: { app: tidy } }, spec: { restartPolicy: Never, containers: [{ name: a, image: b }] } } } } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
---
apiVersion: v1
kind: List
items:
  - { apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { template: { spec: { hostNetwork: true, containers: [{ name: a }] } } } }
  - { apiVersion: v1, kind: Pod, metadata: { name: quiet, annotations: { sidecar.istio.io/inject: "false" } }, spec: { containers: [{ name: a }] } }
`;

test("pods and templates of pods get sidecars, and lose them again", () => {
  const given = parseManifests("x.yaml", text);
  const { objects, notes } = injectManifests(given, settings);
  const [job, ...others] = objects;
  assert.match(JSON.stringify(job), /"name":"istio-proxy"/);
  assert.match(JSON.stringify(job), /"template":\{"metadata":\{"labels":\{"app":"tidy",/);
  assert.deepEqual(
    others,
    given.slice(1).map(({ value }) => value),
  );
  assert.deepEqual(notes, [
    "x.yaml:11: no sidecar: hostNetwork: the rules would be the node's",
    "x.yaml:11: no sidecar: the annotation sidecar.istio.io/inject is false",
  ]);
  const back = uninjectManifests(objects.map((value) => ({ file: "x.yaml", line: 1, value })));
  assert.deepEqual(
    back,
    given.map(({ value }) => value),
  );
});

test("an annotation that says nothing is told with its place", () => {
  const wrong = `{ apiVersion: v1, kind: Pod, metadata: { name: a, annotations: { sidecar.istio.io/proxyCPU: lots } }, spec: { containers: [{ name: a }] } }`;
  assert.throws(
    () => injectManifests(parseManifests("p.yaml", wrong), settings),
    (error) => error instanceof InputError && /^p\.yaml:1: invalid value 'lots' for annotation/.test(error.message),
  );
});

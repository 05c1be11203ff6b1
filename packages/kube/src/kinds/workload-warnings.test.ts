import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import type { KubeObject } from "../object.ts";
import { warningsOf } from "../validate.ts";

const doubled =
  "{containers: [{name: a, ports: [{name: web, containerPort: 1}]}, {name: b, ports: [{name: web, containerPort: 2}]}]}";
const at = (path: string) =>
  `${path}.spec.containers[1].ports[0]: duplicate port name "web" with ${path}.spec.containers[0].ports[0], services and probes that select ports by name will use ${path}.spec.containers[0].ports[0]`;
const named =
  "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]";

const kinds: readonly (readonly [apiVersion: string, kind: string, spec: string, path: string, namesPods: boolean])[] =
  [
    ["apps/v1", "Deployment", `spec: {template: {spec: ${doubled}}}`, "spec.template", true],
    ["apps/v1", "ReplicaSet", `spec: {template: {spec: ${doubled}}}`, "spec.template", true],
    ["apps/v1", "StatefulSet", `spec: {template: {spec: ${doubled}}}`, "spec.template", false],
    ["apps/v1", "DaemonSet", `spec: {template: {spec: ${doubled}}}`, "spec.template", false],
    ["batch/v1", "Job", `spec: {template: {spec: ${doubled}}}`, "spec.template", true],
    [
      "batch/v1",
      "CronJob",
      `spec: {jobTemplate: {spec: {template: {spec: ${doubled}}}}}`,
      "spec.jobTemplate.spec.template",
      true,
    ],
    ["v1", "ReplicationController", `spec: {template: {spec: ${doubled}}}`, "spec.template", true],
    ["v1", "PodTemplate", `template: {spec: ${doubled}}`, "template", false],
  ];

for (const [apiVersion, kind, spec, path, namesPods] of kinds)
  test(`${kind}: what is odd is said when it comes, and again only of another template`, () => {
    const object = (generation: number, more = ""): KubeObject =>
      parse(
        `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: a.b, generation: ${generation}, annotations: {deprecated.daemonset.template.generation: "${generation}"}}, ${spec.replace("name: a,", `name: a, ${more}`)}}`,
      );
    assert.deepEqual(warningsOf(object(1), undefined), [...(namesPods ? [named] : []), at(path)]);
    assert.deepEqual(warningsOf(object(1), object(1)), []);
    assert.deepEqual(warningsOf(object(2, "image: other,"), object(1)), [at(path)]);
  });

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFieldSelector } from "./field-selector.ts";
import type { KubeObject } from "./object.ts";

const objects = {
  "/pods": { metadata: { name: "a,b" }, spec: { nodeName: "n" }, status: { phase: "Running" } },
  "events.k8s.io/events": { metadata: { name: "e" }, involvedObject: { kind: "Pod" }, reportingComponent: "c" },
  "/nodes": { metadata: { name: "n" } },
  "batch/jobs": { metadata: { name: "j" }, status: { succeeded: 2 } },
  "apps/deployments": { metadata: { name: "d" } },
};

const selectors: readonly [resource: keyof typeof objects, text: string, result: boolean | string][] = [
  ["/pods", "", true],
  ["/pods", "metadata.name=a\\,b,status.phase!=Pending", true],
  ["/pods", "spec.hostNetwork=true", false],
  ["/pods", "spec.foo=a", "field label not supported: spec.foo"],
  ["/pods", "metadata.name=a\\", "invalid field selector: invalid escape sequence: \\"],
  ["/pods", "metadata.name=a=b", "invalid field selector: unescaped character in value: 61"],
  ["/pods", "spec.nodeName=a,x", "invalid selector: 'spec.nodeName=a,x'; can't understand 'x'"],
  ["events.k8s.io/events", "regarding.kind=Pod,reportingController=c", true],
  ["/nodes", "spec.unschedulable=false", true],
  ["batch/jobs", "status.successful==2", true],
  ["batch/jobs", "x=", 'field label "x" not supported for Job'],
  ["apps/deployments", "x=", '"x" is not a known field selector: only "metadata.name", "metadata.namespace"'],
];

for (const [place, text, result] of selectors)
  test(`field selector ${JSON.stringify(text)} of ${place}`, () => {
    const [group = "", resource = ""] = place.split("/");
    const select = () => parseFieldSelector(text, { group, resource })(objects[place] as unknown as KubeObject);
    if (typeof result === "string") assert.throws(select, { message: result });
    else assert.equal(select(), result);
  });

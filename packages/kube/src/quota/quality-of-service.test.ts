import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../object.ts";
import { qualityOfService } from "./quality-of-service.ts";

/** `cpu=1,memory=1Gi/cpu=1` is requests and limits of a container; `+` begins the next one, `!` an init container, `@` the pod's own. */
function pod(text: string): KubeObject {
  const list = (part = "") =>
    Object.fromEntries(
      part
        .split(",")
        .filter(Boolean)
        .map((each) => each.split("=")),
    );
  const resources = (part: string) => {
    const [requests, limits] = part.replace(/^[!@]/, "").split("/");
    return { requests: list(requests), limits: list(limits) };
  };
  const parts = text.split("+");
  const of = (mark: RegExp) => parts.filter((each) => mark.test(each)).map((each) => ({ resources: resources(each) }));
  const [own] = of(/^@/);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {},
    spec: { containers: of(/^[^!@]|^$/), initContainers: of(/^!/), ...own },
  };
}

const cases: { readonly [pod: string]: string } = {
  "": "BestEffort",
  "cpu=0/memory=0": "BestEffort",
  "ephemeral-storage=1Gi": "BestEffort",
  "cpu=1": "Burstable",
  "/cpu=1": "Burstable",
  "cpu=1,memory=1Gi/cpu=1,memory=1Gi": "Guaranteed",
  "cpu=1000m,memory=1024Mi/cpu=1,memory=1Gi": "Guaranteed",
  "cpu=1,memory=1Gi/cpu=2,memory=1Gi": "Burstable",
  "cpu=1/cpu=1": "Burstable",
  "cpu=1,memory=1Gi/cpu=1,memory=1Gi+": "Burstable",
  "cpu=1,memory=1Gi/cpu=1,memory=1Gi+!cpu=1,memory=1Gi/cpu=1,memory=1Gi": "Guaranteed",
  "cpu=1,memory=1Gi/cpu=1,memory=1Gi+!cpu=1": "Burstable",
  "+@cpu=1,memory=1Gi/cpu=1,memory=1Gi": "Guaranteed",
  "cpu=1+@cpu=2,memory=1Gi/cpu=2,memory=1Gi": "Guaranteed",
  "cpu=1,memory=1Gi/cpu=1,memory=1Gi+@cpu=1/cpu=2": "Burstable",
};

for (const [text, wanted] of Object.entries(cases))
  test(`quality of service of ${text || "nothing"}`, () => assert.equal(qualityOfService(pod(text)), wanted));

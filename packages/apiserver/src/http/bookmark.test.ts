import assert from "node:assert/strict";
import { test } from "node:test";
import { findKind, type ResourceInfo } from "@sallyport/kube";
import { bookmarkOf } from "./bookmark.ts";

const generation = { "deprecated.daemonset.template.generation": "0" };
const end = { "k8s.io/initial-events-end": "true" };
const template = { metadata: {}, spec: { containers: null } };

/** A kind, whether the beginning ends there, and what stands in the bookmark beside its type and revision. */
const rows: readonly (readonly [group: string, kind: string, ends: boolean, annotations: object, more: object])[] = [
  ["", "ConfigMap", false, {}, {}],
  ["", "ConfigMap", true, end, {}],
  ["apps", "ControllerRevision", false, {}, { data: null, revision: 0 }],
  ["apps", "ReplicaSet", true, end, { spec: { replicas: 0, selector: null, template }, status: { replicas: 0 } }],
  [
    "apps",
    "DaemonSet",
    true,
    { ...generation, ...end },
    {
      spec: { selector: null, template, updateStrategy: {} },
      status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    },
  ],
];

for (const [group, kind, ends, annotations, more] of rows)
  test(`a bookmark of ${kind}${ends ? " where the beginning ends" : ""}`, () => {
    const {
      apiVersion,
      kind: shown,
      metadata,
      ...rest
    } = bookmarkOf(findKind(group, "v1", kind) as ResourceInfo, 7, ends);
    assert.equal(`${apiVersion} ${shown}`, `${group === "" ? "v1" : `${group}/v1`} ${kind}`);
    const { annotations: given = {}, ...others } = metadata;
    assert.deepEqual([others, given], [{ resourceVersion: "7" }, annotations]);
    assert.deepEqual(rest, more);
  });

import assert from "node:assert/strict";
import { test } from "node:test";
import type { ObjectReader } from "@sallyport/admission";
import { findKind, type KubeObject, type ResourceInfo } from "@sallyport/kube";
import { adminAccessFaults } from "./admin-access.ts";

type Written = readonly [kind: string, subresource: string, fields: object];

const requests = (...admin: readonly boolean[]) => ({
  devices: {
    requests: admin.map((adminAccess, i) => ({ name: `r${i}`, exactly: { deviceClassName: "c", adminAccess } })),
  },
});
const claim = (...admin: readonly boolean[]): Written => ["ResourceClaim", "", { spec: requests(...admin) }];
const template = (...admin: readonly boolean[]): Written => [
  "ResourceClaimTemplate",
  "",
  { spec: { spec: requests(...admin) } },
];
const allocated = (...admin: readonly boolean[]): Written => [
  "ResourceClaim",
  "status",
  { status: { allocation: { devices: { results: admin.map((adminAccess) => ({ adminAccess })) } } } },
];

/** What is written, what was there, the namespace's label, and the field that is refused. */
const rows: readonly (readonly [written: Written, before: Written | undefined, label: string, field?: string])[] = [
  [claim(false), undefined, ""],
  [claim(false, true, true), undefined, "", "spec.devices.requests[1].adminAccess"],
  [claim(true), undefined, "yes", "spec.devices.requests[0].adminAccess"],
  [claim(true), undefined, "true"],
  [claim(true), claim(true), ""],
  [template(false, true), undefined, "", "spec.devices.requests[1].adminAccess"],
  [template(true), undefined, "true"],
  [allocated(true), allocated(), "", "status.allocation.devices.results[0].adminAccess"],
  [allocated(false, true), allocated(true), ""],
  [allocated(true), allocated(), "true"],
];

for (const [[kind, subresource, fields], before, label, field] of rows)
  test(`${kind} ${JSON.stringify(fields)} over ${JSON.stringify(before?.[2])} in a namespace labelled "${label}"`, () => {
    const info = findKind("resource.k8s.io", "v1", kind) as ResourceInfo;
    const object = (more: object): KubeObject => ({ apiVersion: "resource.k8s.io/v1", kind, metadata: {}, ...more });
    const labels = { "resource.kubernetes.io/admin-access": label };
    const namespace: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { labels } };
    const reader: ObjectReader = { get: () => namespace, list: () => [] };
    const current = before === undefined ? undefined : object(before[2]);
    const faults = adminAccessFaults(object(fields), current, { info, subresource, namespace: "d" }, reader);
    assert.deepEqual(
      faults.map((each) => each.field),
      field === undefined ? [] : [field],
    );
  });
